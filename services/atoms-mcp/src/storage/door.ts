import { StoreUnavailable } from "./database.js";

/** A dump or an exchange is at work already, or requests do not end. */
export class StoreBusy extends Error {}

/** How long a request waits at a closed door, and how long the door waits for requests that are inside. */
const PATIENCE_MS = 10_000;

/**
 * Lets requests pass together, and now and then something else alone.
 * @param patienceMs how long either waits for the other, in milliseconds
 */
export class Door {
  #inside = 0;
  #shut: Promise<void> | undefined;
  #empty: (() => void) | undefined;

  constructor(readonly patienceMs: number = PATIENCE_MS) {}

  /** @throws StoreUnavailable when the door stays shut for too long */
  async pass<T>(work: () => Promise<T>): Promise<T> {
    for (let shut = this.#shut; shut !== undefined; shut = this.#shut)
      if (!(await within(shut, this.patienceMs))) throw new StoreUnavailable();
    this.#inside += 1;
    try {
      return await work();
    } finally {
      this.#inside -= 1;
      if (this.#inside === 0) this.#empty?.();
    }
  }

  /** Waits until nobody is inside, and lets nobody in until the work is done. @throws StoreBusy */
  async alone<T>(work: () => Promise<T>): Promise<T> {
    for (let shut = this.#shut; shut !== undefined; shut = this.#shut)
      if (!(await within(shut, this.patienceMs))) throw new StoreBusy("another dump or exchange is at work");
    let open: () => void = () => undefined;
    this.#shut = new Promise<void>((resolve) => {
      open = resolve;
    });
    try {
      const empty = new Promise<void>((resolve) => {
        this.#empty = resolve;
        if (this.#inside === 0) resolve();
      });
      if (!(await within(empty, this.patienceMs)))
        throw new StoreBusy("requests at work did not end in time");
      return await work();
    } finally {
      this.#empty = undefined;
      this.#shut = undefined;
      open();
    }
  }
}

/** Whether something comes in time. */
async function within(what: Promise<void>, ms: number): Promise<boolean> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<boolean>((resolve) => {
    timer = setTimeout(() => resolve(false), ms);
  });
  try {
    return await Promise.race([what.then(() => true), late]);
  } finally {
    clearTimeout(timer);
  }
}
