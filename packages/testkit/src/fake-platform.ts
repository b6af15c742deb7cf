import type { Clock, Deployment, LogLine, Platform, Problem, Production, Variable } from "@atoms/playbook";
import { fakeRollouts, refusal } from "./fake-platform-rollout.js";

/** The acts and reads of a platform that can be made to go wrong. */
export type PlatformCall = Exclude<keyof Platform, "name" | "passHeaders" | "forceArm">;

/** How a call goes wrong. */
export type PlatformFault = {
  /** `before`: fails and nothing happened. `after`: the act happened, its answer was lost. `slow`: works, but takes `ms`. */
  how: "before" | "after" | "slow";
  /** What is thrown. Default: problem ATM-300. */
  error?: Error;
  /** How long a slow call takes, in milliseconds of the given clock. Default 10,000. */
  ms?: number;
  /** How many calls it strikes. Default 1. */
  times?: number;
};

/** A platform in memory that does as it is told. */
export interface FakePlatform extends Platform {
  /** Every call in order: its name and its arguments without signals and functions. */
  readonly calls: readonly { call: PlatformCall; args: readonly unknown[] }[];
  /** Makes the next calls of one kind go wrong. Several faults of one kind strike one after the other. */
  fail(call: PlatformCall, fault: PlatformFault): void;
  /** Adds a deployment that was there before, and puts it in production if asked. */
  seed(deployment: Partial<Deployment> & { id: string }, options?: { inProduction?: boolean }): Deployment;
  /** Changes what the platform says of a deployment, e.g. `{ state: "failed", failure: "exit 1" }`. */
  set(id: string, change: Partial<Deployment>): void;
  /** What the next created deployments turn into when their build is over. Default "ready". */
  buildsEnd(state: "ready" | "failed", failure?: string): void;
  /** The deployment that production serves, moves in hand not counted; undefined when none. */
  serving(): string | undefined;
  /** The share of production traffic that the candidate of the latest staged shift gets, 0 to 1; 0 when there is none. */
  share(): number;
  /** Stages that are in the project's settings, as a crash would leave them behind; undefined when there are none. */
  stages(): readonly number[] | undefined;
  /** Adds lines to a deployment's log. */
  say(deployment: string, lines: readonly LogLine[]): void;
}

/**
 * Makes a platform for tests.
 * @param options.clock Time of stamps; builds and moves take theirs by its monotonic time, as another machine would.
 * @param options.buildMs How long a build takes. Default 0.
 * @param options.moveMs How long a promote or rollback takes after it was accepted. Default 0.
 * @param options.hosts Base addresses of production. Default one.
 */
export function fakePlatform(options: {
  clock: Clock;
  buildMs?: number;
  moveMs?: number;
  hosts?: string[];
  name?: Platform["name"];
}): FakePlatform {
  const { clock, buildMs = 0, moveMs = 0, hosts = ["http://shop.localhost"] } = options;
  const deployments = new Map<
    string,
    Deployment & { builtAt: number; ends: "ready" | "failed"; saying?: string }
  >();
  const variables = new Map<string, { value: string; secret: boolean; changedAt: number }>();
  const logs = new Map<string, LogLine[]>();
  const calls: { call: PlatformCall; args: readonly unknown[] }[] = [];
  const faults = new Map<PlatformCall, PlatformFault[]>();
  let live: string | undefined;
  let autoAssign = true;
  let pin: Production["pin"];
  let move: { to: string; kind: "promote" | "rollback"; doneAt: number } | undefined;
  let ends: "ready" | "failed" = "ready";
  let saying: string | undefined;
  let count = 0;

  const arrive = () => {
    if (move !== undefined && clock.monotonic() >= move.doneAt) {
      live = move.to;
      move = undefined;
    }
  };
  const shown = (id: string | undefined): Deployment | undefined => {
    const found = id === undefined ? undefined : deployments.get(id);
    if (found === undefined) return undefined;
    const { builtAt, ends: end, saying: failure, ...deployment } = found;
    if (deployment.state === "building" && clock.monotonic() >= builtAt) {
      deployment.state = end;
      if (end === "failed") deployment.failure = failure ?? "the build failed";
    }
    return deployment;
  };
  const mustKnow = (id: string): Deployment => {
    const deployment = shown(id);
    if (deployment === undefined) throw fault(`the platform knows no deployment ${id}`);
    return deployment;
  };
  const rollouts = fakeRollouts({
    live: () => live,
    serve: (id) => {
      live = id;
    },
  });
  const mustBeReady = (id: string) => {
    if (mustKnow(id).state !== "ready") throw fault(`${id} is not ready`);
  };
  const start = (to: string, kind: "promote" | "rollback") => {
    arrive();
    mustBeReady(to);
    if (kind === "promote") {
      rollouts.giveWay(to);
      pin = undefined;
    } else {
      autoAssign = false;
      pin = { to, at: clock.now() };
      rollouts.abort();
    }
    if (live !== to || move !== undefined) move = { to, kind, doneAt: clock.monotonic() + moveMs };
    arrive();
  };

  const make = ({
    release,
    version,
    regions,
  }: {
    release: string;
    version: string;
    regions?: readonly string[];
  }): string => {
    count += 1;
    const id = `dpl_${count}`;
    deployments.set(id, {
      id,
      address: `http://dpl-${count}.localhost`,
      state: "building",
      production: true,
      createdAt: clock.now(),
      version,
      release,
      ...(regions === undefined ? {} : { regions: [...regions] }),
      builtAt: clock.monotonic() + buildMs,
      ends,
      ...(saying === undefined ? {} : { saying }),
    });
    return id;
  };

  /** Notes the call, lets a fault strike, and does the work. */
  const during = async <T>(
    call: PlatformCall,
    args: readonly unknown[],
    signal: AbortSignal | undefined,
    act: () => T,
  ): Promise<T> => {
    calls.push({ call, args: structuredClone(args) });
    signal?.throwIfAborted();
    const struck = faults.get(call)?.[0];
    if (struck === undefined) return act();
    struck.times = (struck.times ?? 1) - 1;
    if (struck.times <= 0) faults.get(call)?.shift();
    if (struck.how === "before") throw struck.error ?? fault(`${call} failed before it did anything`);
    if (struck.how === "slow") await clock.sleep(struck.ms ?? 10_000, signal);
    const result = act();
    if (struck.how === "after") throw struck.error ?? fault(`${call} was done, but its answer was lost`);
    return result;
  };

  return {
    name: options.name ?? "local",
    calls,
    fail: (call, one) => void faults.set(call, [...(faults.get(call) ?? []), { ...one }]),
    seed(deployment, { inProduction = false } = {}) {
      const full: Deployment = {
        address: `http://${deployment.id.replaceAll("_", "-")}.localhost`,
        state: "ready",
        production: true,
        createdAt: clock.now(),
        ...deployment,
      };
      deployments.set(full.id, { ...full, builtAt: clock.monotonic(), ends: "ready" });
      if (inProduction) live = full.id;
      return structuredClone(full);
    },
    set(id, change) {
      const found = deployments.get(id);
      if (found === undefined) throw new Error(`the test set ${id}, which was never made`);
      Object.assign(found, change);
    },
    buildsEnd(state, failure) {
      ends = state;
      saying = failure;
    },
    serving() {
      arrive();
      return live;
    },
    share() {
      arrive();
      return rollouts.share();
    },
    stages: () => rollouts.stages(),
    say: (deployment, lines) => void logs.set(deployment, [...(logs.get(deployment) ?? []), ...lines]),

    whoAmI: (signal) => during("whoAmI", [], signal, () => ({ account: "tester", team: "test-team" })),
    ensureProject: (signal) =>
      during("ensureProject", [], signal, () => {
        autoAssign = false;
      }),
    findDeployment: (release, signal) =>
      during("findDeployment", [release], signal, () =>
        shown([...deployments.values()].find((one) => one.release === release)?.id),
      ),
    async createDeployment(input, signal) {
      const { read, progress, ...plain } = input;
      const total = input.source.files.reduce((sum, file) => sum + file.size, 0);
      for (const file of input.source.files) await read(file);
      progress?.(total, total);
      return during("createDeployment", [plain], signal, () => {
        return mustKnow(make(input));
      });
    },
    redeploy: (input, signal) =>
      during("redeploy", [input], signal, () => {
        mustKnow(input.deployment);
        const made = [...deployments.values()].find((one) => one.release === input.release);
        return mustKnow(made?.id ?? make(input));
      }),
    deployment: (idOrHost, signal) =>
      during("deployment", [idOrHost], signal, () => {
        arrive();
        const host = idOrHost.replace(/^https?:\/\//, "");
        if (hosts.some((one) => one.replace(/^https?:\/\//, "") === host)) return shown(live);
        return shown(
          deployments.has(idOrHost)
            ? idOrHost
            : [...deployments.values()].find((one) => one.address.replace(/^https?:\/\//, "") === host)?.id,
        );
      }),
    deployments: (limit, signal) =>
      during("deployments", [limit], signal, () =>
        [...deployments.keys()]
          .map(mustKnow)
          .reverse()
          .sort((a, b) => b.createdAt - a.createdAt)
          .slice(0, limit),
      ),
    removeDeployment: (id, signal) =>
      during("removeDeployment", [id], signal, () => {
        deployments.delete(id);
      }),
    production: (signal) =>
      during("production", [], signal, (): Production => {
        arrive();
        const deployment = shown(live);
        return {
          ...(deployment === undefined ? {} : { deployment }),
          hosts: [...hosts],
          autoAssign,
          ...(pin === undefined || autoAssign || pin.to !== live ? {} : { pin }),
          ...(move === undefined ? {} : { moving: { to: move.to, kind: move.kind } }),
        };
      }),
    promote: (deployment, signal) =>
      during("promote", [deployment], signal, () => start(deployment, "promote")),
    rollBack: (deployment, because, signal) =>
      during("rollBack", [deployment, because], signal, () => start(deployment, "rollback")),
    rollout: (signal) => during("rollout", [], signal, () => rollouts.rollout()),
    beginRollout: (candidate, shares, signal) =>
      during("beginRollout", [candidate, shares], signal, () => {
        arrive();
        mustBeReady(candidate);
        rollouts.begin(candidate, shares);
      }),
    advanceRollout: (candidate, stage, signal) =>
      during("advanceRollout", [candidate, stage], signal, () => rollouts.advance(candidate, stage)),
    keepRollout: (candidate, signal) => during("keepRollout", [candidate], signal, () => rollouts.rollout()),
    clearRollout: (signal) => during("clearRollout", [], signal, () => rollouts.clear()),
    forceArm: (arm) => ({ query: { [arm === "canary" ? "vcrrForceCanary" : "vcrrForceStable"]: "true" } }),
    setAutoAssign: (on, signal) =>
      during("setAutoAssign", [on], signal, () => {
        autoAssign = on;
      }),
    variables: ({ values }, signal) =>
      during("variables", [{ values }], signal, () =>
        [...variables].map(
          ([key, one]): Variable => ({
            key,
            targets: ["production"],
            readable: !one.secret,
            changedAt: one.changedAt,
            ...(values && !one.secret ? { value: one.value } : {}),
          }),
        ),
      ),
    setVariable: (key, value, { secret }, signal) =>
      during("setVariable", [key, value, { secret }], signal, () => {
        variables.set(key, { value, secret, changedAt: clock.now() });
      }),
    aliases: (signal) =>
      during("aliases", [], signal, () => {
        arrive();
        const serving = live;
        return serving === undefined
          ? []
          : hosts.map((host) => ({ host: host.replace(/^https?:\/\//, ""), deployment: serving }));
      }),
    logs: (deployment, limit, signal) =>
      during("logs", [deployment, limit], signal, () =>
        structuredClone((logs.get(deployment) ?? []).slice(-limit)),
      ),
    passHeaders: () => ({}),
  };
}

function fault(because: string): Problem {
  return refusal("ATM-300", because);
}
