import { dirname } from "node:path";
import {
  type Certificates,
  type Clock,
  type HeartbeatStore,
  type Http,
  kindOf,
  type LookWorld,
  type Monitor,
  type Names,
  type Production,
  type SampleStore,
  type Target,
  type ValidationPlan,
  visit,
} from "@atoms/playbook";
import { certificateReader, nameResolver, timedHttp } from "@atoms/vercel";
import { bearerToken } from "../bearer.js";
import type { ControlPlane } from "../control-plane.js";
import { planOf } from "../playbook-at-hand.js";
import type { MonitorSetup } from "./setup.js";

/** What production is asked of the platform so often: looks are many, and the platform counts its callers. */
const productionEveryMs = 15_000;
const productionWithinMs = 8_000;
/** A token is asked for anew after so long. */
const tokenEveryMs = 300_000;

/** What every look uses of the world. */
export interface LookTools {
  clock: Clock;
  http: Http;
  names: Names;
  certificates: Certificates;
  samples(): Promise<Pick<SampleStore, "latest">>;
  heartbeats(): Promise<Pick<HeartbeatStore, "listen">>;
}

/** The tools of this machine, over a control plane's store. */
export function lookTools(plane: Pick<ControlPlane, "clock" | "store">): LookTools {
  const { clock } = plane;
  return {
    clock,
    http: timedHttp({ clock }),
    names: nameResolver({ clock }),
    certificates: certificateReader({ clock }),
    samples: async () => (await plane.store()).samples,
    heartbeats: async () => (await plane.store()).heartbeats,
  };
}

/** Opens what looks look at, for one setup; what it finds out is kept for the next look. */
export function lookWorlds(
  plane: Pick<ControlPlane, "env">,
  setup: MonitorSetup,
  { http, names, certificates, clock, samples, heartbeats }: LookTools,
): (monitor: Monitor, at: number, signal: AbortSignal) => Promise<LookWorld | undefined> {
  const { open, service, environment } = setup;
  const plan = planOf(open.settings);
  const token = kept(clock, tokenEveryMs, () =>
    bearerToken(open.settings.validation.bearer, dirname(open.file.path), plane.env),
  );
  const production = kept(clock, productionEveryMs, async () => {
    const platform = await open.platform({ start: false });
    return { platform, found: await platform.production(AbortSignal.timeout(productionWithinMs)) };
  });
  let last: Production | undefined;

  return async (monitor, at, signal) => {
    const { settings } = monitor;
    const { address: own, credentials } = settings as { address?: string; credentials?: boolean };
    const elsewhere = kindOf(settings).elsewhere?.(settings) === true;
    const asked = elsewhere ? undefined : await production().catch(orKnown);
    if (asked !== undefined) last = asked.found;
    // A platform that does not answer is no reason to look away from hosts that are known.
    const hosts = asked?.found ?? last;
    if (!elsewhere && hosts?.deployment === undefined) return undefined;
    const secretsGo = own === undefined || credentials === true;
    const headers = asked?.platform.passHeaders() ?? {};
    const targets: Target[] = !elsewhere
      ? (hosts?.hosts ?? []).map((address) => ({ address, headers }))
      : own === undefined
        ? []
        : [{ address: own }];
    if (!elsewhere && targets.length === 0) return undefined;
    const mine: ValidationPlan = {
      ...plan,
      timeout: settings.timeout,
      ...(secretsGo ? {} : { probe_header: undefined, bearer: undefined }),
    };
    const ports = {
      http,
      clock,
      signal,
      bearerToken: async () => (secretsGo ? token() : undefined),
    };
    return {
      at,
      clock,
      http,
      names: { resolve: (one) => names.resolve(one, signal) },
      certificates: { read: (one) => certificates.read(one, signal) },
      signal,
      targets,
      plan: mine,
      visit: (target, other) => visit(target, other ?? mine, ports),
      async logs(limit) {
        const deployment = hosts?.deployment;
        if (deployment === undefined) return [];
        const platform = await open.platform({ start: false });
        const lines = await platform.logs(deployment.id, limit, signal);
        return lines.map((line) => ({ ...line, text: open.secrets.redact(line.text) }));
      },
      async heartbeat(deafAfterMs) {
        const store = await heartbeats();
        return store.listen({ service, environment, monitor: monitor.name }, at, deafAfterMs);
      },
      async previous() {
        const store = await samples();
        return (await store.latest({ service, environment, monitor: monitor.name }))[0];
      },
    };
  };

  function orKnown(error: unknown): undefined {
    if (last === undefined) throw error;
    return undefined;
  }
}

/** What work gives, kept for a while and asked for once at a time. What it throws is not kept. */
function kept<T>(clock: Clock, forMs: number, work: () => Promise<T>): () => Promise<T> {
  let standing: { value: Promise<T>; at: number } | undefined;
  return () => {
    if (standing !== undefined && clock.monotonic() - standing.at < forMs) return standing.value;
    const value = work();
    const own = { value, at: clock.monotonic() };
    standing = own;
    value.catch(() => {
      if (standing === own) standing = undefined;
    });
    return value;
  };
}
