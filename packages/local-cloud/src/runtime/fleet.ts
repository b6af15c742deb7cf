import type { Places } from "../folder/places.js";
import type { Seal } from "../folder/seal.js";
import type { State } from "../folder/state.js";
import { newId, type Random } from "../ids.js";
import type { Deployment, Output, RuntimeLine } from "../model.js";
import type { Limits } from "../settings.js";
import { commandOf } from "./command.js";
import { instanceEnvironment } from "./environment.js";
import { Instance, InstanceFailure } from "./instance.js";
import type { ProcessRecord } from "./process-group.js";
import { readProcesses } from "./process-table.js";
import type { RuntimeLogs } from "./runtime-logs.js";

/** A function that says how long it may take ends itself; the edge only makes sure, so much later. */
const LATER_MS = 5_000;
const LOOK_MS = 1_000;
/** So often what the processes take and start is looked at; it costs a read of a file for each process of the machine. */
const WEIGH_MS = 2_000;
const BACK_OFF_FIRST_MS = 100;
const BACK_OFF_MAX_MS = 5_000;

/** Everything the fleet works with. */
export interface FleetSurroundings {
  readonly state: State;
  readonly places: Places;
  readonly seal: Seal;
  readonly limits: Limits;
  readonly random: Random;
  readonly clock: () => number;
  readonly record: ProcessRecord;
  readonly logs: RuntimeLogs;
  /** True for a deployment that gets production traffic now; its processes are not stopped for being idle. */
  readonly servesProduction: (deployment: Deployment) => boolean;
  /** How many processes the deployment is to have while it has any. */
  readonly wanted: (deployment: Deployment) => number;
}

/** The processes of one deployment, and what is known of its last starts. */
interface Squad {
  readonly running: Instance[];
  starting: Promise<Instance> | null;
  filling: boolean;
  failures: number;
  lastFailure: InstanceFailure | null;
  notBefore: number;
}

/** Starts instances when they are wanted, hands them out, restarts them with back-off and stops idle ones. */
export class Fleet {
  readonly #squads = new Map<string, Squad>();
  /** All processes there are, also those that do not accept connections yet, with their deployment. */
  readonly #alive = new Map<Instance, string>();
  readonly #clockwork: NodeJS.Timeout;
  readonly #scales: NodeJS.Timeout;
  #weighing = false;
  #closed = false;

  constructor(private readonly around: FleetSurroundings) {
    this.#clockwork = setInterval(() => this.#look(), LOOK_MS);
    this.#clockwork.unref();
    this.#scales = setInterval(() => void this.#weigh(), WEIGH_MS).unref();
  }

  /** A running instance of the deployment when there is one; no waiting, so that a warm request costs nothing. */
  running(deploymentId: string): Instance | null {
    const squad = this.#squads.get(deploymentId);
    if (!squad) return null;
    let best: Instance | null = null;
    for (const instance of squad.running) {
      if (instance.isRunning && (best === null || instance.inFlight < best.inFlight)) best = instance;
    }
    return best;
  }

  /**
   * An instance that accepts connections, started if need be.
   * @throws InstanceFailure when none can be had; soon after repeated failures it is thrown without another try
   */
  async acquire(deployment: Deployment): Promise<Instance> {
    const running = this.running(deployment.id);
    if (running) return running;
    if (this.#closed) throw new InstanceFailure("died", "The local cloud is shutting down.");
    const squad = this.#squad(deployment.id);
    if (squad.starting) return squad.starting;
    if (squad.lastFailure && performance.now() < squad.notBefore) throw squad.lastFailure;
    squad.starting = this.#start(deployment, squad).finally(() => {
      squad.starting = null;
    });
    // The one who asked waits for the first process only.
    squad.starting.then(() => this.#fill(deployment, squad)).catch(() => undefined);
    return squad.starting;
  }

  /** Brings a deployment to as many processes as are wanted now. Those that are too many end after their requests. */
  async scale(deployment: Deployment): Promise<void> {
    await this.acquire(deployment);
    const squad = this.#squad(deployment.id);
    await this.#fill(deployment, squad);
    const surplus = squad.running.slice(Math.max(1, this.around.wanted(deployment)));
    await Promise.all(
      surplus.map(async (instance) => {
        squad.running.splice(squad.running.indexOf(instance), 1);
        await instance.drained(this.around.limits.answerMs);
        await instance.stop();
      }),
    );
  }

  /** The running processes of a deployment. */
  list(deploymentId: string): { id: string; pid: number | null; inFlight: number }[] {
    const running = this.#squads.get(deploymentId)?.running ?? [];
    return running.map(({ id, pid, inFlight }) => ({ id, pid: pid ?? null, inFlight }));
  }

  /** Stops all instances of one deployment. */
  async stop(deploymentId: string): Promise<void> {
    const squad = this.#squads.get(deploymentId);
    if (!squad) return;
    this.#squads.delete(deploymentId);
    const all = [...this.#alive].filter(([, id]) => id === deploymentId);
    await Promise.all(all.map(([instance]) => instance.stop()));
    await squad.starting?.catch(() => undefined);
  }

  /** Stops everything; nothing of any deployment is left running afterwards. */
  async close(): Promise<void> {
    this.#closed = true;
    clearInterval(this.#clockwork);
    clearInterval(this.#scales);
    await Promise.all([...this.#alive.keys()].map((instance) => instance.stop()));
    await Promise.all([...this.#squads.keys()].map((id) => this.stop(id)));
  }

  #squad(id: string): Squad {
    const known = this.#squads.get(id);
    if (known) return known;
    const squad: Squad = {
      running: [],
      starting: null,
      filling: false,
      failures: 0,
      lastFailure: null,
      notBefore: 0,
    };
    this.#squads.set(id, squad);
    return squad;
  }

  /** Starts what is missing; a failure is in the log and is tried again by the next look, with back-off. */
  async #fill(deployment: Deployment, squad: Squad): Promise<void> {
    if (squad.filling || this.#closed) return;
    squad.filling = true;
    try {
      while (
        squad.running.length > 0 &&
        squad.running.length < this.around.wanted(deployment) &&
        !this.#closed
      ) {
        if (performance.now() < squad.notBefore) return;
        await this.#start(deployment, squad);
      }
    } catch {
      return;
    } finally {
      squad.filling = false;
    }
  }

  async #start(deployment: Deployment, squad: Squad): Promise<Instance> {
    const { state, places, seal, limits, random, record, logs } = this.around;
    if (!deployment.output) throw new InstanceFailure("died", "The deployment has no build output.");
    const project = state.projects.get(deployment.projectId);
    const id = newId("ins", random);
    let self: Instance | null = null;
    try {
      const instance = await Instance.start({
        id,
        command: commandOf(deployment.output, places.source(deployment.id), limits),
        variables: (port) => instanceEnvironment(deployment, project, seal, places, { id, port }),
        record,
        startMs: limits.startMs,
        stopMs: limits.stopMs,
        answerMs: answerMsOf(deployment.output, limits),
        onLine: (stream, text) =>
          logs.write(deployment, {
            level: stream === "stderr" ? "error" : "info",
            source: stream,
            message: text,
            instance: id,
            requestId: self?.currentRequest ?? null,
          }),
        onEnd: (ended, reason, expected) => this.#ended(deployment, squad, ended, reason, expected),
        onSpawn: (started) => {
          self = started;
          this.#alive.set(started, deployment.id);
        },
      });
      if (instance.hasEnded)
        throw new InstanceFailure("died", "The process ended as soon as it had started.");
      squad.running.push(instance);
      return instance;
    } catch (error) {
      const failure = error instanceof InstanceFailure ? error : new InstanceFailure("died", String(error));
      this.#backOff(squad, failure);
      void logs.write(deployment, this.#platformLine(id, failure.message, -1));
      throw failure;
    }
  }

  #ended(deployment: Deployment, squad: Squad, instance: Instance, reason: string, expected: boolean): void {
    this.#alive.delete(instance);
    const index = squad.running.indexOf(instance);
    // One that never ran is reported by whoever started it.
    if (index < 0) return;
    squad.running.splice(index, 1);
    if (expected) return;
    const failure = new InstanceFailure("died", `The process ${reason}.`);
    this.#backOff(squad, failure);
    void this.around.logs.write(deployment, this.#platformLine(instance.id, failure.message, -1));
  }

  /** The first failure may be tried again at once; each later one in a row waits twice as long. */
  #backOff(squad: Squad, failure: InstanceFailure): void {
    const now = performance.now();
    if (now - squad.notBefore > BACK_OFF_MAX_MS * 4) squad.failures = 0;
    squad.failures++;
    squad.lastFailure = failure;
    const delay =
      squad.failures < 2 ? 0 : Math.min(BACK_OFF_MAX_MS, BACK_OFF_FIRST_MS * 2 ** (squad.failures - 2));
    squad.notBefore = now + delay;
  }

  #platformLine(instance: string, message: string, statusCode: number): Omit<RuntimeLine, "id" | "at"> {
    return { level: "fatal", source: "platform", message, instance, requestId: null, statusCode };
  }

  async #weigh(): Promise<void> {
    if (this.#weighing || this.#alive.size === 0) return;
    this.#weighing = true;
    try {
      const all = await readProcesses();
      for (const instance of this.#alive.keys()) instance.look(all, this.around.limits.instanceMb * 2 ** 20);
    } catch (error) {
      console.error(`The processes of deployments cannot be looked at: ${(error as Error).message}`);
    } finally {
      this.#weighing = false;
    }
  }

  #look(): void {
    const oldest = performance.now() - this.around.limits.idleMs;
    for (const [id, squad] of this.#squads) {
      const idle = squad.running.filter((instance) => instance.inFlight === 0 && instance.lastUsed < oldest);
      const deployment = this.around.state.deployments.get(id);
      if (deployment) void this.#fill(deployment, squad);
      if (idle.length === 0 || (deployment && this.around.servesProduction(deployment))) continue;
      for (const instance of idle) void instance.stop();
    }
  }
}

function answerMsOf({ maxDuration }: Output, { answerMs }: Limits): number {
  return maxDuration === undefined ? answerMs : Math.max(answerMs, maxDuration * 1_000 + LATER_MS);
}
