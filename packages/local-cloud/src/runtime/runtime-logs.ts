import type { BoundedLog } from "../folder/bounded-log.js";
import { LogShelf } from "../folder/log-shelf.js";
import type { Places } from "../folder/places.js";
import { newId, type Random } from "../ids.js";
import type { Deployment, RuntimeLine } from "../model.js";

/** A line as its writer knows it. */
export type NewLine = Omit<RuntimeLine, "id" | "at" | "statusCode"> & { readonly statusCode?: number | null };

/** What the processes of all deployments print. */
export class RuntimeLogs {
  readonly #shelf: LogShelf<RuntimeLine>;
  readonly #listeners = new Set<(deployment: Deployment, line: RuntimeLine) => void>();

  constructor(
    places: Places,
    maxBytes: number,
    private readonly clock: () => number,
    private readonly random: Random,
  ) {
    this.#shelf = new LogShelf((id) => places.runtimeLog(id), maxBytes);
  }

  /** Adds a line. Resolves when there is room for more. */
  async write(deployment: Deployment, line: NewLine): Promise<void> {
    const entry: RuntimeLine = { statusCode: null, ...line, id: newId("log", this.random), at: this.clock() };
    const log = this.of(deployment.id);
    log.append(entry);
    for (const listener of this.#listeners) listener(deployment, entry);
    await log.room();
  }

  of(deploymentId: string): BoundedLog<RuntimeLine> {
    return this.#shelf.of(deploymentId);
  }

  /** Calls `listener` for every line of every deployment. @returns a function that ends it */
  subscribe(listener: (deployment: Deployment, line: RuntimeLine) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  forget(deploymentId: string): void {
    this.#shelf.forget(deploymentId);
  }

  flush(): Promise<void> {
    return this.#shelf.flush();
  }
}
