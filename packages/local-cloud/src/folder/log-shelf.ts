import { BoundedLog } from "./bounded-log.js";

/** One bounded log per deployment, opened when first used. */
export class LogShelf<T> {
  readonly #logs = new Map<string, BoundedLog<T>>();

  constructor(
    private readonly pathOf: (deploymentId: string) => string,
    private readonly maxBytes: number,
  ) {}

  of(deploymentId: string): BoundedLog<T> {
    let log = this.#logs.get(deploymentId);
    if (!log) {
      log = new BoundedLog(this.pathOf(deploymentId), this.maxBytes);
      this.#logs.set(deploymentId, log);
    }
    return log;
  }

  forget(deploymentId: string): void {
    this.#logs.delete(deploymentId);
  }

  async flush(): Promise<void> {
    await Promise.all([...this.#logs.values()].map((log) => log.flush()));
  }
}
