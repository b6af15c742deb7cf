import type { Context, Hono, MiddlewareHandler } from "hono";
import * as z from "zod";
import type { Regions } from "../edge/regions.js";
import { newId, type Random } from "../ids.js";
import { ApiError, badRequest, notFound, readBody } from "./api-error.js";

const WAIT_MAX_MS = 10 * 60_000;

const faultBody = z.looseObject({
  /** Upper-case method; absent for all. */
  method: z.string().optional(),
  /** Regular expression over the path without version and `/now`. */
  path: z.string(),
  /**
   * `before`: fails and has done nothing. `after`: has done it, then says it failed. `slow`: acts and answers later. `late`:
   * waits until the next call has been answered, so that two calls change places. `cut-before` and `cut-after`: the
   * connection ends without an answer.
   */
  kind: z.enum(["before", "after", "slow", "late", "cut-before", "cut-after"]),
  status: z.number().int().min(400).max(599).default(500),
  headers: z.record(z.string(), z.string()).default({}),
  delayMs: z.number().min(0).max(WAIT_MAX_MS).default(1_000),
  /** How many calls that it would meet it lets pass first. */
  skip: z.number().int().min(0).default(0),
  /** How many calls it meets before it is used up. */
  times: z.number().int().positive().default(1),
});
type FaultBody = z.infer<typeof faultBody>;

interface Fault extends FaultBody {
  readonly id: string;
  readonly pattern: RegExp;
  toSkip: number;
  left: number;
}

/** Calls made to fail on purpose. Only there when the cloud was started with faults allowed. */
export class Faults {
  readonly #faults: Fault[] = [];
  readonly #answered = new Set<() => void>();
  /** Ends the wait of each call that is held up. */
  readonly #heldUp = new Set<() => void>();

  constructor(
    private readonly random: Random,
    private readonly regions: Regions,
  ) {}

  /** The control calls below `/atoms/faults`. */
  routes(app: Hono): void {
    app.get("/atoms/faults", (c) => c.json({ faults: this.#faults.map(faultJson) }));
    app.post("/atoms/faults", async (c) => {
      const body = await readBody(c, faultBody);
      const fault: Fault = {
        ...body,
        id: newId("flt", this.random),
        pattern: patternOf(body.path),
        toSkip: body.skip,
        left: body.times,
      };
      this.#faults.push(fault);
      return c.json(faultJson(fault));
    });
    app.delete("/atoms/faults", (c) => {
      this.#faults.length = 0;
      // Whoever clears wants no call of before to act in the middle of what comes next.
      for (const goOn of [...this.#heldUp]) goOn();
      return c.body(null, 204);
    });
    app.get("/atoms/faults/regions", (c) => c.json({ down: this.regions.list() }));
    app.put("/atoms/faults/regions/:region", (c) => {
      this.regions.takeDown(this.#region(c));
      return c.json({ down: this.regions.list() });
    });
    app.delete("/atoms/faults/regions/:region", (c) => {
      this.regions.bringUp(this.#region(c));
      return c.json({ down: this.regions.list() });
    });
    app.delete("/atoms/faults/:id", (c) => {
      const index = this.#faults.findIndex((fault) => fault.id === c.req.param("id"));
      if (index < 0) throw notFound(`The fault "${c.req.param("id")}"`);
      this.#faults.splice(index, 1);
      return c.body(null, 204);
    });
  }

  /** Meets each call of the API, except the control calls. */
  middleware(): MiddlewareHandler {
    return async (c, next) => {
      const fault = c.req.path.startsWith("/atoms/") ? undefined : this.#take(c);
      if (fault?.kind === "before") throw failure(fault);
      if (fault?.kind === "cut-before") return cut(c);
      if (fault?.kind === "slow") await this.#holdUp(fault.delayMs);
      if (fault?.kind === "late") await this.#nextAnswer();
      await next();
      this.#noteAnswer();
      if (fault?.kind === "after") {
        await c.res.body?.cancel();
        c.res = undefined;
        throw failure(fault);
      }
      if (fault?.kind === "cut-after") return cut(c);
    };
  }

  #region(c: Context): string {
    const region = c.req.param("region") ?? "";
    if (!this.regions.isKnown(region)) throw notFound(`The region "${region}"`);
    return region;
  }

  #take(c: Context): Fault | undefined {
    const meant = this.#faults.filter(
      (one) =>
        one.left > 0 &&
        (one.method === undefined || one.method === c.req.method) &&
        one.pattern.test(c.req.path),
    );
    const fault = meant.find((one) => one.toSkip === 0);
    // Those that let this call pass have seen it all the same.
    for (const one of meant) if (one.toSkip > 0) one.toSkip--;
    if (fault) fault.left--;
    return fault;
  }

  #holdUp(ms: number): Promise<void> {
    return new Promise((resolve) => {
      const goOn = () => {
        clearTimeout(timer);
        this.#heldUp.delete(goOn);
        resolve();
      };
      const timer = setTimeout(goOn, ms);
      this.#heldUp.add(goOn);
    });
  }

  /** Resolves when another call has been answered, at the latest after ten minutes. */
  #nextAnswer(): Promise<void> {
    return new Promise((resolve) => {
      const done = () => {
        clearTimeout(timer);
        this.#answered.delete(done);
        resolve();
      };
      const timer = setTimeout(done, WAIT_MAX_MS);
      this.#answered.add(done);
    });
  }

  #noteAnswer(): void {
    const waiting = [...this.#answered];
    // After this call's own answer is on its way, those that waited for it go on.
    setTimeout(() => {
      for (const done of waiting) done();
    }, 20);
  }
}

function patternOf(path: string): RegExp {
  try {
    return new RegExp(path);
  } catch (error) {
    throw badRequest(`\`path\` is not a regular expression: ${(error as Error).message}`);
  }
}

function failure(fault: Fault): ApiError {
  const code = fault.status === 429 ? "rate_limited" : "fault_on_purpose";
  return new ApiError(fault.status as 500, code, "This call was made to fail on purpose.", {}, fault.headers);
}

/** Ends the connection without an answer. */
function cut(c: Context): Response {
  const { incoming } = c.env as { incoming: { socket: { destroy(): void } } };
  incoming.socket.destroy();
  return new Response(null);
}

function faultJson({ pattern: _, toSkip: __, ...fault }: Fault) {
  return fault;
}
