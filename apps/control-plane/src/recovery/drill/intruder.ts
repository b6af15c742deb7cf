import { type ChildProcessByStdio, spawn } from "node:child_process";
import { createInterface } from "node:readline";
import type { Readable, Writable } from "node:stream";
import { fileURLToPath } from "node:url";
import type { Stage } from "./scenario.js";

const program = fileURLToPath(new URL("../../../dist/background/run-intruder.js", import.meta.url));
const everyMs = 150;
const lookMs = 50;
/** So many refusals after each other, and nothing but refusals, say that a way is closed. */
const enough = 5;

/** A request by which somebody comes in. It holds a secret. */
export type IntruderRequest = {
  url: string;
  method: "GET" | "POST";
  headers: Record<string, string>;
  body?: string;
};

/** What the process of an intruder is told. It holds secrets, and is never written down. */
export type IntruderOrder = {
  /** `way` names the secret, and how it is used. */
  databases: { way: string; url: string }[];
  requests: { way: string; request: IntruderRequest }[];
  everyMs: number;
};

/** One try of an intruder. `at` in milliseconds since the epoch. */
export type Attempt = { way: string; came: "opens" | "refused" | "unclear"; at: number };

/** Somebody with old secrets, at work. */
export type Intruder = {
  /** Ways that have not been open yet. */
  outside(): string[];
  /** How often somebody got in. */
  entered(): number;
  /** Ways that are not known to be closed. */
  inside(): string[];
  /** When the last way was found closed, after which none was open again. */
  shutOutAt(): number;
};

/** Lets an intruder loose on a stage: a process of its own, which goes when the drill's does. */
export function startIntruder(stage: Stage, order: Omit<IntruderOrder, "everyMs">): Intruder {
  const child = spawn(process.execPath, [program], {
    stdio: ["pipe", "pipe", "inherit"],
  }) as ChildProcessByStdio<Writable, Readable, null>;
  const gone = new Promise<void>((resolve) => {
    child.once("error", () => resolve());
    child.once("close", () => resolve());
  });
  stage.atTheEnd(async () => {
    child.kill("SIGKILL");
    await gone;
  });
  child.stdin.on("error", () => undefined);
  child.stdin.write(`${JSON.stringify({ ...order, everyMs })}\n`);
  const names = [
    ...order.databases.flatMap(({ way }) => [way, `${way}, a session that was open before`]),
    ...order.requests.map(({ way }) => way),
  ];
  const ways = new Map(names.map((way) => [way, { entered: 0, refused: 0, closedAt: 0 }]));
  createInterface({ input: child.stdout }).on("line", (line) => {
    const { way, came, at } = JSON.parse(line) as Attempt;
    const seen = ways.get(way);
    if (seen === undefined) return;
    if (came === "opens") {
      seen.entered += 1;
      seen.refused = 0;
    } else if (came === "refused") {
      if (seen.refused === 0) seen.closedAt = at;
      seen.refused += 1;
    }
  });
  const named = (which: (seen: { entered: number; refused: number }) => boolean) =>
    [...ways].filter(([, seen]) => which(seen)).map(([way]) => way);
  return {
    outside: () => named(({ entered }) => entered === 0),
    entered: () => [...ways.values()].reduce((sum, { entered }) => sum + entered, 0),
    inside: () => named(({ refused }) => refused < enough),
    shutOutAt: () => Math.max(...[...ways.values()].map(({ closedAt }) => closedAt)),
  };
}

/** Waits until something is so. @returns false when it is not in that time. */
export async function within(
  { plane, signal }: Pick<Stage, "plane" | "signal">,
  ms: number,
  so: () => boolean,
): Promise<boolean> {
  const until = plane.clock.monotonic() + ms;
  while (!so()) {
    if (plane.clock.monotonic() > until) return false;
    await plane.clock.sleep(lookMs, signal);
  }
  return true;
}
