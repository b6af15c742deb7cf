import { randomBytes } from "node:crypto";
import {
  type Actor,
  type EmergencyFreeze,
  type LedgerEvent,
  type Maintenance,
  type Page,
  type Release,
  timeText,
} from "@atoms/playbook";
import { z } from "zod";
import type { ControlPlane, OpenPlaybook } from "../control-plane.js";
import { means } from "./means.js";
import { mostInstances, scaleProduction } from "./scale.js";

/** What may be asked for. */
const askable = Object.keys(means) as (keyof typeof means)[];

/** The members of an order, for the API and the command line. */
export const orderShape = {
  act: z.enum(askable).describe("What to do."),
  reason: z.string().trim().min(3, "expected a reason that others will understand").max(500),
  to: z
    .string()
    .min(1)
    .optional()
    .describe("rollback: deployment id or host; the last one proven good when left out."),
  forMs: z
    .number()
    .int()
    .min(1_000)
    .max(366 * 86_400_000)
    .optional()
    .describe(
      "freeze: milliseconds until it ends by itself; until it is lifted when left out. maintenance: until it is lifted at the latest; the playbook's `maintenance.lasts` when left out.",
    ),
  instances: z
    .number()
    .int()
    .min(1)
    .max(mostInstances)
    .optional()
    .describe("scale: in how many processes production runs; one more when left out."),
};

/** What is to be done. */
export type EmergencyOrder = z.output<z.ZodObject<typeof orderShape>>;

/** What was done. */
export type EmergencyActed = {
  act: EmergencyOrder["act"];
  /** `store`: written down in the ledger; `journal`: done on the platform directly, written to the journal of this folder. */
  by: "store" | "journal";
  /** In a sentence or two. */
  says: string;
  /** The release that does it and goes on; follow it. `how`: one that was running is ended by it. */
  release?: Release;
  how?: "rollback" | "abort";
  freeze?: EmergencyFreeze;
  /** escalate: the page, which goes on to the next one until somebody answers. */
  page?: Page;
  /** maintenance, reopen: the one that is being closed or opened; follow it. */
  maintenance?: Maintenance;
  /** Where production was brought to, when it was done directly. */
  to?: string;
};

/** The events of one act in an emergency. */
export type ActEvents = {
  /** `emg_…` */
  id: string;
  event(kind: string, data: LedgerEvent["data"]): LedgerEvent;
};

/** Begins an act: its events share an id of time and chance. */
export function beginAct(
  plane: Pick<ControlPlane, "clock">,
  { service, environment }: Pick<OpenPlaybook, "service" | "environment">,
  actor: Actor,
): ActEvents {
  const id = `emg_${plane.clock.now().toString(36)}${randomBytes(5).toString("hex")}`;
  return {
    id,
    event: (kind, data) => ({
      key: `${id}/${kind}`,
      kind,
      at: plane.clock.now(),
      actor,
      service,
      environment,
      data,
    }),
  };
}

/** The act itself, as the ledger tells of it. */
export const actedEvent = (events: ActEvents, { act, reason, to }: EmergencyOrder): LedgerEvent =>
  events.event("emergency.acted", { act, because: reason, ...(to === undefined ? {} : { to }) });

/** A freeze and its event. */
export function newFreeze(
  events: ActEvents,
  { reason, forMs }: EmergencyOrder,
): { freeze: EmergencyFreeze; event: LedgerEvent } {
  const id = events.id.replace("emg_", "frz_");
  const event = events.event("freeze.began", { freeze: id, because: reason });
  const until = forMs === undefined ? undefined : event.at + forMs;
  return {
    freeze: {
      id,
      by: event.actor,
      because: reason,
      since: event.at,
      ...(until === undefined ? {} : { until }),
    },
    event: until === undefined ? event : { ...event, data: { ...event.data, until } },
  };
}

/** A freeze in a sentence. */
export const frozenText = ({ until }: EmergencyFreeze): string =>
  `No new release begins or moves traffic ${until === undefined ? "until the freeze is lifted" : `until ${timeText(until)} or until the freeze is lifted`}. Rollbacks always go.`;

/** Scales, and tells of it in an event and a sentence. */
export async function scaled(
  plane: Pick<ControlPlane, "places">,
  open: OpenPlaybook,
  events: ActEvents,
  order: EmergencyOrder,
): Promise<{ event: LedgerEvent; says: string }> {
  const { from, to, running } = await scaleProduction(plane, open, order.instances);
  return {
    event: events.event("scale.changed", { from, to, running, because: order.reason }),
    says: `Production runs in ${to} ${to === 1 ? "process" : "processes"} instead of ${from}; ${running} of them are up.`,
  };
}
