import { finished } from "node:stream/promises";
import { request } from "undici";
import type { Seal } from "../folder/seal.js";
import type { State } from "../folder/state.js";
import type { Deployment } from "../model.js";
import { frozenEnv } from "../runtime/environment.js";
import { CRON_PASS, cronPass } from "./cron-pass.js";
import { type CronJob, dueJobs, isAnother, MINUTE_MS, minuteOf } from "./schedule.js";

/**
 * Calls the paths that production deployments want called by the clock, as Vercel does: a GET to the deployment that serves
 * production then, once, whatever it answers. What was due while the cloud did not run is not made up for.
 */
export class Crons {
  readonly #closing = new AbortController();
  readonly #calls = new Set<Promise<unknown>>();
  #minute: number;
  #edgeUrl: string | null = null;

  constructor(
    private readonly state: State,
    private readonly seal: Seal,
    private readonly clock: () => number,
  ) {
    this.#minute = minuteOf(clock());
  }

  /** From now on calls go to the edge at this address. */
  open(edgeUrl: string): void {
    this.#edgeUrl = edgeUrl;
  }

  /** Calls what is due since the last look, if a minute has begun. */
  tick(): void {
    const minute = minuteOf(this.clock());
    if (!isAnother(minute, this.#minute)) return;
    this.#minute = minute;
    for (const { productionDeploymentId } of this.state.projects.all()) {
      const deployment = this.state.deployments.get(productionDeploymentId ?? "");
      if (!deployment) continue;
      for (const job of dueJobs(deployment.output?.crons ?? [], minute * MINUTE_MS))
        this.begin(deployment, job);
    }
  }

  /** Calls a job of a deployment now. Its answer is seen by whoever looks at the requests of the deployment. */
  begin(deployment: Deployment, job: CronJob): void {
    const call = this.#call(deployment, job).catch((error: unknown) => {
      if (!this.#closing.signal.aborted)
        console.error(`The cron job ${job.path} of ${deployment.name} got no answer:`, error);
    });
    this.#calls.add(call);
    void call.finally(() => this.#calls.delete(call));
  }

  async #call(deployment: Deployment, job: CronJob): Promise<void> {
    if (this.#edgeUrl === null) throw new Error("The edge does not listen yet.");
    const secret = frozenEnv(deployment, this.seal).run["CRON_SECRET"];
    const { body } = await request(this.#edgeUrl + job.path, {
      signal: this.#closing.signal,
      // The edge ends what takes too long; a job may be silent for as long as it may take.
      headersTimeout: 0,
      bodyTimeout: 0,
      headers: {
        host: deployment.url,
        "user-agent": "vercel-cron/1.0",
        "x-vercel-cron-schedule": job.schedule,
        ...(secret === undefined ? {} : { authorization: `Bearer ${secret}` }),
        [CRON_PASS]: cronPass(this.seal, deployment.projectId, this.clock()),
      },
    });
    // To its end, however much it is: a job whose answer nobody takes would be broken off.
    await finished(body.resume());
  }

  /** Breaks off what is under way. */
  async close(): Promise<void> {
    this.#closing.abort();
    await Promise.all(this.#calls);
  }
}
