import { z } from "zod";
import { type Clock, formatDuration, type Http, type LogLine, PositiveDuration } from "../../terms/index.js";
import type { Target, ValidationPlan, Visit } from "../../validation/index.js";
import type { MonitorSample } from "../model.js";
import type { Certificates, Heartbeat, Names } from "../ports.js";

/** What a kind of monitor sees and asks during one look. */
export interface LookWorld {
  /** When the look began: milliseconds since the epoch. */
  at: number;
  clock: Clock;
  /** The addresses that are looked at; one at least, except for kinds that look elsewhere. */
  targets: readonly Target[];
  /** Asks others than the service; nothing of the service's own secrets goes with it. */
  http: Http;
  names: Names;
  certificates: Certificates;
  /** Fires when the look's time is up. */
  signal: AbortSignal;
  /** How the playbook validates this service. */
  plan: ValidationPlan;
  /** Begins a visit to a target. */
  visit(target: Target, plan?: ValidationPlan): Visit;
  /** The newest lines of what production serves, oldest first; secrets are hidden. */
  logs(limit: number): Promise<readonly LogLine[]>;
  /**
   * The monitor's last sign of life.
   * @param deafAfterMs When the look before is longer ago than this, listening begins anew.
   */
  heartbeat(deafAfterMs: number): Promise<Heartbeat>;
  /** The monitor's look before this one, if it is still whole. */
  previous(): Promise<MonitorSample | undefined>;
}

/** What one look found. */
export type Look = Pick<MonitorSample, "outcome" | "values" | "labels" | "because">;

/** A kind of monitor: what its settings are, what it measures, and how it looks. */
export interface Kind<S extends { kind: string } = { kind: string }> {
  readonly kind: S["kind"];
  readonly title: string;
  /** What goes wrong for users when nobody looks at this. */
  readonly why: string;
  readonly settings: z.ZodObject;
  /** What alert rules may read of it: metrics, and facts that follow from its being down. */
  readonly series: readonly string[];
  /** The longest that a look may take, in milliseconds. */
  limitMs(settings: S): number;
  /** Whether it looks at something else than production's own hosts; so it can look before the first release. */
  elsewhere?(settings: S): boolean;
  /**
   * Looks once. What it throws becomes a look that is down, with the reason.
   * @returns undefined when there is nothing to look at yet.
   */
  look(settings: S, world: LookWorld): Promise<Look | undefined>;
}

/** Declares a kind with the types of its settings inferred. */
export function defineKind<Z extends z.ZodObject<{ kind: z.ZodLiteral<string> }>>(
  kind: Omit<Kind<z.output<Z>>, "settings" | "kind"> & { settings: Z },
): Kind<z.output<Z>> & { settings: Z } {
  const [name] = kind.settings.shape.kind.values;
  return { ...kind, kind: name as z.output<Z>["kind"] };
}

/** A path on the service. */
export const Path = z
  .string()
  .regex(/^\/\S*$/, { error: "expected a path on the service, such as /health" })
  .meta({ examples: ["/health"] });

const shortest = 1_000;

/** Settings that every kind has. @param usual Its defaults, in milliseconds and looks. */
export const common = (usual: {
  interval: number;
  timeout: number;
  failures?: number;
  successes?: number;
}) => ({
  name: z
    .string()
    .regex(/^[a-z][a-z0-9_]*$/, {
      error: "expected a name of small letters, digits and _, such as health_eu",
    })
    .optional()
    .describe("Name of the monitor, unique in the playbook. Left out: its kind."),
  interval: PositiveDuration.refine((ms) => ms >= shortest, {
    error: `expected an interval of at least ${formatDuration(shortest)}`,
  })
    .default(usual.interval)
    .describe("From one look to the next."),
  timeout: PositiveDuration.default(usual.timeout).describe("Longest wait for one answer."),
  failures: z
    .int()
    .min(1)
    .max(100)
    .default(usual.failures ?? 2)
    .describe("Looks in a row that find it down before it is said to be down."),
  successes: z
    .int()
    .min(1)
    .max(100)
    .default(usual.successes ?? 2)
    .describe("Looks in a row that find it up before it is said to be up."),
});

/** Setting of the kinds that ask the service over HTTP. */
export const addressed = {
  address: z
    .string()
    .refine((text) => /^https?:\/\/[^/@?#\s]+(\/[^?#\s]*)?$/i.test(text) && URL.canParse(text), {
      error: "expected an address such as https://shop.example.com, without a password, ? or #",
    })
    .transform((text) => text.replace(/\/+$/, ""))
    .optional()
    .meta({ examples: ["https://shop.example.com"] })
    .describe("Address that is looked at. Left out: the hosts that production has on the platform."),
  credentials: z
    .boolean()
    .default(false)
    .describe(
      "Whether the token and the probe header of `validation` go to `address` too; production's own hosts get them in any case.",
    ),
};

/** Whether a kind that asks over HTTP has an address of its own. */
export const hasAddress = ({ address }: { address?: string | undefined }): boolean => address !== undefined;

/** The address that a kind looks at that needs only one. */
export function firstTarget({ targets }: LookWorld): Target {
  const [target] = targets;
  if (target === undefined) throw new Error("nothing to look at");
  return target;
}

/** Every host that answers to users, up to a number that one look can hold. */
export const mostTargets = 10;

/** Rounded to a tenth of a millisecond: more would be noise, and rows of noise. */
export const tenth = (ms: number) => Math.round(ms * 10) / 10;
