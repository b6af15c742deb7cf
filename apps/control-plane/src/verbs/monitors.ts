import {
  afterLooks,
  type Heartbeat,
  type HeartbeatOf,
  kindOf,
  lookOnce,
  type MetricSeries,
  type Monitor,
  type MonitorSample,
  type MonitorSettings,
  meanOf,
  type SampleStore,
  type Standing,
} from "@atoms/playbook";
import { z } from "zod";
import type { ControlPlane, OpenPlaybook } from "../control-plane.js";
import { linkSecret } from "../kept-secret.js";
import {
  heartbeatToken,
  looksToTell,
  lookTools,
  lookWorlds,
  monitorSetupOf,
  oneLine,
} from "../monitoring/index.js";
import { noHeartbeat, noSuchMonitor } from "../problems.js";
import { playbookRef } from "./playbook-ref.js";
import { defineVerb } from "./verb.js";

/** How a monitor stands. */
export type MonitorStatus = {
  name: string;
  kind: string;
  title: string;
  /** From one look to the next, in milliseconds. */
  interval: number;
  standing: Standing;
  /** Since when it stands so; milliseconds since the epoch. Undefined before the first look. */
  since?: number;
  /** The newest look. */
  last?: Pick<MonitorSample, "at" | "outcome" | "values" | "because">;
  /** Whether its looks have stopped: the newest one is older than it should be, or there is none. */
  stale: boolean;
  /** Share of the looks of the last 24 hours that found it up. */
  upShare?: number;
};

const day = 86_400_000;
/** The newest look may be this much older than the interval before nobody is said to look. */
const graceMs = 30_000;

/** How every monitor of an opened playbook stands. */
export async function monitorStatuses(
  plane: Pick<ControlPlane, "clock">,
  open: OpenPlaybook,
  samples: SampleStore,
): Promise<MonitorStatus[]> {
  const { service, environment, monitors } = monitorSetupOf(open);
  if (monitors.length === 0) return [];
  const now = plane.clock.now();
  const looks = Math.max(...monitors.map(looksToTell));
  const [latest, up] = await Promise.all([
    samples.latest({ service, environment, looks }),
    samples.read({ service, environment, metric: "up", from: now - day, to: now }),
  ]);
  const shares = new Map(up.map((series) => [series.monitor, meanOf(series)]));
  return monitors.map((monitor) => {
    const seen = latest.filter((one) => one.monitor === monitor.name);
    const upShare = shares.get(monitor.name);
    return { ...statusOf(monitor, seen, now), ...(upShare === undefined ? {} : { upShare }) };
  });
}

function statusOf({ name, settings }: Monitor, seen: readonly MonitorSample[], now: number): MonitorStatus {
  const { kind, interval } = settings;
  const state = afterLooks(seen, settings);
  const last = seen.at(-1);
  return {
    name,
    kind,
    title: kindOf(settings).title,
    interval,
    standing: state?.standing ?? "pending",
    ...(state === undefined ? {} : { since: state.since }),
    ...(last === undefined
      ? {}
      : {
          last: {
            at: last.at,
            outcome: last.outcome,
            values: last.values,
            ...(last.because === undefined ? {} : { because: last.because }),
          },
        }),
    stale: last === undefined || now - last.at > 2 * interval + graceMs,
  };
}

/** How every monitor stands. */
export const listMonitors = defineVerb({
  name: "list monitors",
  method: "GET",
  role: "viewer",
  path: "/monitors",
  summary: "Say how every monitor stands",
  input: z.strictObject({ ...playbookRef }),
  async run(plane, input): Promise<{ monitors: MonitorStatus[]; controlPlane: ControlPlane["kind"] }> {
    const open = await plane.open(input);
    const { samples } = await plane.store();
    return { monitors: await monitorStatuses(plane, open, samples), controlPlane: plane.kind };
  },
});

/** One metric of a monitor over the last 24 hours. */
export type MetricSummary = { metric: string; mean: number; low: number; high: number; samples: number };

/** A monitor with what it saw. */
export type MonitorDetails = MonitorStatus & {
  settings: MonitorSettings;
  /** Share of looks that found it up, over spans of days. */
  up: { days: number; share: number; looks: number }[];
  /** Its numbers over the last 24 hours. */
  metrics: MetricSummary[];
  /** Its newest looks, oldest first. */
  looks: MonitorSample[];
  /** The signs of life that have come; only for the kind that waits for them. */
  heartbeat?: Partial<Heartbeat>;
};

/** One monitor with all that is known of it. */
export const showMonitor = defineVerb({
  name: "show monitor",
  method: "GET",
  role: "viewer",
  path: "/monitors/one",
  summary: "Show one monitor and what it saw",
  input: z.strictObject({
    ...playbookRef,
    monitor: z.string().min(1),
    looks: z.int().min(1).max(1_000).default(20),
  }),
  async run(plane, input): Promise<MonitorDetails> {
    const open = await plane.open(input);
    const { samples } = await plane.store();
    const { service, environment } = open;
    const monitor = monitorNamed(open, input.monitor);
    const now = plane.clock.now();
    const read = (metric: string, from: number) =>
      samples.read({ service, environment, metric, monitor: monitor.name, from, to: now });
    const [statuses, looks, month] = await Promise.all([
      monitorStatuses(plane, open, samples),
      samples.latest({ service, environment, monitor: monitor.name, looks: input.looks }),
      read("up", now - 90 * day),
    ]);
    const status = statuses.find(({ name }) => name === monitor.name);
    if (status === undefined) throw noSuchMonitor({ monitor: monitor.name, known: [] });
    const metrics = [...new Set(looks.flatMap(({ values }) => Object.keys(values)))].sort();
    const summaries = await Promise.all(
      metrics.map(async (metric) => (await read(metric, now - day)).flatMap((one) => summaryOf(metric, one))),
    );
    const spans = [1, 7, 30, 90].flatMap((days) => {
      const within = month.map((series) => from(series, now - days * day))[0];
      const share = within === undefined ? undefined : meanOf(within);
      const looked = within?.counts.reduce((sum, count) => sum + count, 0) ?? 0;
      return share === undefined ? [] : [{ days, share, looks: looked }];
    });
    const heartbeat =
      monitor.settings.kind === "heartbeat"
        ? { heartbeat: (await heartbeatsOf(plane, { service, environment, monitor: monitor.name })) ?? {} }
        : {};
    return {
      ...status,
      settings: monitor.settings,
      up: spans,
      metrics: summaries.flat(),
      looks,
      ...heartbeat,
    };
  },
});

const heartbeatsOf = async (plane: ControlPlane, of: HeartbeatOf) =>
  (await plane.store()).heartbeats.peek(of);

/**
 * Where the signs of life of a monitor go over HTTP. The address holds a secret, since whoever has it can say that all is
 * well: it is told to those who may do that, never to a viewer.
 */
export const heartbeatAddress = defineVerb({
  name: "heartbeat address",
  method: "GET",
  role: "operator",
  path: "/monitors/heartbeat-address",
  summary: "Say where a job sends its signs of life over HTTP",
  input: z.strictObject({ ...playbookRef, monitor: z.string().min(1) }),
  /** @returns no address while no control plane runs in the background that could be reached. */
  async run(plane, input): Promise<{ address?: string }> {
    const open = await plane.open(input);
    const { name, settings } = monitorNamed(open, input.monitor);
    if (settings.kind !== "heartbeat") throw noHeartbeat({ monitor: name, kind: settings.kind });
    const base = plane.publicUrl();
    const reached = base !== undefined && (plane.kind === "background" || plane.env["ATOMS_PUBLIC_URL"]);
    if (!reached) return {};
    const { service, environment } = open;
    const token = heartbeatToken(await linkSecret(plane.places, plane.env), {
      service,
      environment,
      monitor: name,
    });
    return { address: `${base}/heartbeat/${token}` };
  },
});

/** Gives a sign of life for a monitor that waits for one. */
export const beatMonitor = defineVerb({
  name: "beat monitor",
  method: "POST",
  role: "operator",
  path: "/monitors/beat",
  summary: "Give a sign of life to a monitor of kind heartbeat",
  input: z.strictObject({
    ...playbookRef,
    monitor: z.string().min(1),
    failed: z.boolean().default(false),
    message: z.string().max(10_000).optional(),
  }),
  async run(plane, input): Promise<{ monitor: string; at: number; ok: boolean }> {
    const open = await plane.open(input);
    const { service, environment } = open;
    const { name, settings } = monitorNamed(open, input.monitor);
    if (settings.kind !== "heartbeat") throw noHeartbeat({ monitor: name, kind: settings.kind });
    const at = plane.clock.now();
    const message = oneLine(input.message ?? "");
    const { heartbeats } = await plane.store();
    const ok = !input.failed;
    await heartbeats.beat(
      { service, environment, monitor: name },
      at,
      ok,
      message === "" ? undefined : message,
    );
    return { monitor: name, at, ok };
  },
});

function from(series: MetricSeries, least: number): Pick<MetricSeries, "values" | "counts"> {
  const start = series.at.findIndex((at) => at >= least);
  return start < 0
    ? { values: [], counts: [] }
    : { values: series.values.slice(start), counts: series.counts.slice(start) };
}

function summaryOf(metric: string, series: MetricSeries): MetricSummary[] {
  const mean = meanOf(series);
  if (mean === undefined) return [];
  return [
    {
      metric,
      mean,
      low: series.lows.reduce((a, b) => Math.min(a, b)),
      high: series.highs.reduce((a, b) => Math.max(a, b)),
      samples: series.counts.reduce((a, b) => a + b),
    },
  ];
}

/** What a look by hand found; `nothing` where there is nothing to look at yet. */
export type HandLook =
  | (Pick<MonitorSample, "monitor" | "at" | "outcome" | "values" | "because"> & {
      kind: string;
      took: number;
    })
  | { monitor: string; kind: string; outcome: "nothing" };

/** Looks now, with one monitor or all. What it finds is told and not kept: samples come at their own times. */
export const lookNow = defineVerb({
  name: "look now",
  method: "POST",
  role: "operator",
  path: "/monitors/look",
  summary: "Look once, now, and keep nothing",
  input: z.strictObject({ ...playbookRef, monitor: z.string().min(1).optional() }),
  async run(plane, input): Promise<HandLook[]> {
    const open = await plane.open(input);
    const setup = monitorSetupOf(open);
    const { service, environment } = setup;
    const { clock } = plane;
    const chosen = input.monitor === undefined ? setup.monitors : [monitorNamed(open, input.monitor)];
    // A look by hand listens for nothing: only what was heard is told.
    const heartbeats = async () => {
      const { peek } = (await plane.store()).heartbeats;
      return {
        listen: async (of: HeartbeatOf, at: number) => (await peek(of)) ?? { listeningSince: at },
      };
    };
    const world = lookWorlds(plane, setup, { ...lookTools(plane), heartbeats });
    return Promise.all(
      chosen.map(async (monitor): Promise<HandLook> => {
        const { name } = monitor;
        const { kind } = monitor.settings;
        const began = clock.monotonic();
        const at = clock.now();
        const found = await lookOnce(monitor, at, {
          service,
          environment,
          clock,
          world,
          signal: plane.leaving,
        });
        if (found === undefined) return { monitor: name, kind, outcome: "nothing" };
        const { outcome, values, because } = found;
        const took = Math.round(clock.monotonic() - began);
        return {
          monitor: name,
          kind,
          at,
          outcome,
          values,
          took,
          ...(because === undefined ? {} : { because }),
        };
      }),
    );
  },
});

function monitorNamed(open: OpenPlaybook, name: string): Monitor {
  const { monitors } = monitorSetupOf(open);
  const found = monitors.find((one) => one.name === name);
  if (found === undefined) throw noSuchMonitor({ monitor: name, known: monitors.map((one) => one.name) });
  return found;
}
