import { readFile } from "node:fs/promises";
import { delimiter, join } from "node:path";
import { setTimeout as wait } from "node:timers/promises";
import type { Blobs } from "../folder/blobs.js";
import { isDiskFull } from "../folder/disk-full.js";
import { LogShelf } from "../folder/log-shelf.js";
import type { Places } from "../folder/places.js";
import type { Seal } from "../folder/seal.js";
import type { State } from "../folder/state.js";
import { newId, type Random } from "../ids.js";
import type { BuildEvent, Deployment, FileEntry, Output } from "../model.js";
import { frozenEnv, machineVariables, platformVariables } from "../runtime/environment.js";
import type { ProcessRecord } from "../runtime/process-group.js";
import type { Limits } from "../settings.js";
import { type BuildSettings, build } from "./build.js";
import { BuildCanceled, BuildError } from "./build-error.js";
import type { BuildSteps } from "./build-steps.js";
import { runCommand } from "./run-command.js";

/** Everything builds work with. */
export interface BuildSurroundings {
  readonly state: State;
  readonly places: Places;
  readonly blobs: Blobs;
  readonly seal: Seal;
  readonly limits: Limits;
  readonly clock: () => number;
  readonly random: Random;
  readonly record: ProcessRecord;
  /** Told of each built deployment; puts it in front of traffic where that is due. */
  readonly onBuilt: (deployment: Deployment, output: Output) => void;
  /** Told of each line of a build. */
  readonly onLine: (deployment: Deployment, event: BuildEvent) => void;
  /** Told when a deployment's state has changed. */
  readonly onChange: (deployment: Deployment) => void;
}

const NOTE_AGAIN_MS = 500;

/** Builds deployments, a few at a time, in the order they came. */
export class BuildQueue {
  readonly logs: LogShelf<BuildEvent>;
  readonly #waiting: string[] = [];
  readonly #running = new Map<string, { abort: AbortController; done: Promise<void> }>();
  #serial = 0;
  #closed = false;

  constructor(private readonly around: BuildSurroundings) {
    this.logs = new LogShelf((id) => around.places.buildLog(id), around.limits.buildLogBytes);
  }

  add(deploymentId: string): void {
    this.#waiting.push(deploymentId);
    this.#next();
  }

  /** True while the deployment waits or is being built. */
  isBusy(deploymentId: string): boolean {
    return this.#running.has(deploymentId) || this.#waiting.includes(deploymentId);
  }

  /** Stops a build; resolves when nothing of it is running. */
  async cancel(deploymentId: string): Promise<void> {
    const index = this.#waiting.indexOf(deploymentId);
    if (index >= 0) this.#waiting.splice(index, 1);
    const running = this.#running.get(deploymentId);
    running?.abort.abort(new BuildCanceled());
    await running?.done;
  }

  /** Stops all builds. They begin again when the cloud is started the next time. */
  async close(): Promise<void> {
    this.#closed = true;
    this.#waiting.length = 0;
    for (const running of this.#running.values()) running.abort.abort(new BuildCanceled());
    await Promise.all([...this.#running.values()].map((running) => running.done));
    await this.logs.flush();
  }

  #next(): void {
    while (!this.#closed && this.#running.size < this.around.limits.builds) {
      const id = this.#waiting.shift();
      if (id === undefined) return;
      const abort = new AbortController();
      const done = this.#build(id, abort)
        .catch((error: unknown) => console.error(`The build of ${id} could not be brought to an end:`, error))
        .finally(() => {
          this.#running.delete(id);
          this.#next();
        });
      this.#running.set(id, { abort, done });
    }
  }

  async #build(id: string, abort: AbortController): Promise<void> {
    const { state, places, blobs, limits, clock } = this.around;
    const begin = () => state.deployments.patch(id, { readyState: "BUILDING", buildingAt: clock() });
    const started = await this.#noted(abort.signal, begin);
    if (!started) return;
    this.around.onChange(started);
    const clockwork = setTimeout(
      () =>
        abort.abort(
          new BuildError(`The build took longer than ${limits.buildMs / 60_000} minutes.`, "build"),
        ),
      limits.buildMs,
    );
    try {
      const files = JSON.parse(await readFile(places.manifest(id), "utf8")) as FileEntry[];
      const steps = this.#steps(started, abort.signal);
      const output = await build(files, settingsOf(started, state), places.source(id), blobs, steps);
      abort.signal.throwIfAborted();
      await this.#note(id, "deployment-state", "Deployment completed");
      await this.logs.of(id).flush();
      await this.#noted(abort.signal, () => {
        const current = state.deployments.get(id);
        if (current) this.around.onBuilt(current, output);
      });
    } catch (error) {
      await this.#failed(id, abort.signal, error);
    } finally {
      clearTimeout(clockwork);
      const current = state.deployments.get(id);
      if (current) this.around.onChange(current);
    }
  }

  /**
   * Notes how far a build is. While the disk is full it waits for room: what has ended must not be BUILDING for ever.
   * @throws the error of the file system, when the build is canceled meanwhile
   */
  async #noted<T>(signal: AbortSignal, write: () => T): Promise<T> {
    for (let tries = 0; ; tries++) {
      try {
        return write();
      } catch (error) {
        const isOver = this.#closed || signal.reason instanceof BuildCanceled;
        if (isOver || !isDiskFull(error)) throw error;
        if (tries === 0) console.error("The disk is full: a build waits for room to note how far it is.");
        await wait(NOTE_AGAIN_MS);
      }
    }
  }

  async #failed(id: string, signal: AbortSignal, error: unknown): Promise<void> {
    const { state, clock } = this.around;
    if (error instanceof BuildCanceled) {
      // Closing is not canceling: such a build is taken up again.
      if (this.#closed) return;
      await this.#note(id, "stderr", "The build was canceled.", "error");
      state.deployments.patch(id, { readyState: "CANCELED", canceledAt: clock() });
      return;
    }
    const known =
      error instanceof BuildError
        ? error
        : new BuildError(String((error as Error).message ?? error), "build");
    await this.#note(id, "stderr", `Error: ${known.message}`, "error");
    await this.logs.of(id).flush();
    const end: Partial<Deployment> = {
      readyState: "ERROR",
      errorCode: known.code,
      errorMessage: known.message,
      errorStep: known.step,
    };
    await this.#noted(signal, () => state.deployments.patch(id, end));
  }

  #steps(deployment: Deployment, signal: AbortSignal): BuildSteps {
    const { state, places, seal, limits, record, random } = this.around;
    const project = state.projects.get(deployment.projectId);
    const frozen = frozenEnv(deployment, seal);
    const home = places.home(deployment.id);
    const env: Record<string, string> = {
      ...machineVariables(home),
      ...frozen.run,
      ...frozen.build,
      ...platformVariables(deployment, project),
      CI: "1",
    };
    const mark = newId("bld", random);
    return {
      deploymentId: deployment.id,
      dependencies: places.dependencies,
      environment: env,
      path: env["PATH"] ?? "",
      programs: join(home, "programs"),
      archive: { files: limits.filesPerDeployment, bytes: limits.sourceBytes },
      say: (text) => this.#note(deployment.id, "stdout", text),
      warn: (text) => this.#note(deployment.id, "stderr", `Warning: ${text}`, "warning"),
      run: async (command, { args, cwd, variables, programs = [] }) => {
        await this.#note(deployment.id, "command", `Running "${[command, ...(args ?? [])].join(" ")}"`);
        return runCommand(
          {
            command,
            ...(args ? { args } : {}),
            cwd,
            env: { ...env, ...variables, PATH: [...programs, env["PATH"] ?? ""].join(delimiter) },
            mark,
          },
          record,
          signal,
          (stream, text) => this.#note(deployment.id, stream, text),
        );
      },
    };
  }

  async #note(
    id: string,
    type: BuildEvent["type"],
    text: string,
    level?: BuildEvent["level"],
  ): Promise<void> {
    const created = this.around.clock();
    const serial = `${created}${String(this.#serial++ % 1_000_000).padStart(6, "0")}`;
    const log = this.logs.of(id);
    const event: BuildEvent = { type, created, text, serial, ...(level ? { level } : {}) };
    log.append(event);
    const deployment = this.around.state.deployments.get(id);
    if (deployment) this.around.onLine(deployment, event);
    await log.room();
  }
}

/** A deployment's own settings win over its project's; null means "find out". */
function settingsOf(deployment: Deployment, state: State): BuildSettings {
  const project = state.projects.get(deployment.projectId)?.settings ?? {};
  const setting = (name: string): string | null => {
    const value = deployment.projectSettings[name] ?? project[name];
    return typeof value === "string" ? value : null;
  };
  return {
    rootDirectory: setting("rootDirectory"),
    installCommand: setting("installCommand"),
    buildCommand: setting("buildCommand"),
    outputDirectory: setting("outputDirectory"),
    framework: frameworkOf(deployment.projectSettings["framework"], project["framework"]),
    prebuilt: deployment.prebuilt,
  };
}

/** The first that says something; null says that there is none. */
function frameworkOf(...settings: readonly unknown[]): string | null | undefined {
  return settings.find((value): value is string | null => typeof value === "string" || value === null);
}
