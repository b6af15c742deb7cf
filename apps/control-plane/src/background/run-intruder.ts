// The intruder of a drill, as a process of its own: it is told on its standard input by which secrets to come in, tries each
// again and again, and says of every try what it came to, as JSON lines. It ends when that input does, whoever died.
import { createInterface } from "node:readline";
import { holdSession, triesSession } from "@atoms/databases";
import { systemClock } from "@atoms/engine";
import { undiciHttp } from "@atoms/vercel";
import type { Attempt, IntruderOrder } from "../recovery/drill/intruder.js";
import { triesRequest } from "../recovery/drill/tries-request.js";

const over = new AbortController();
const leave = () => over.abort(new Error("the drill is over"));
process.on("SIGTERM", leave);
process.on("SIGINT", leave);
process.stdout.on("error", leave);
const http = undiciHttp({ clock: systemClock, freshConnections: true });
const say = (attempt: Attempt) => process.stdout.write(`${JSON.stringify(attempt)}\n`);

/** Tries one way in until the drill is over. */
async function insist(way: string, everyMs: number, attempt: () => Promise<Attempt["came"]>): Promise<void> {
  while (!over.signal.aborted) {
    say({ way, came: await attempt(), at: systemClock.now() });
    await systemClock.sleep(everyMs, over.signal).catch(() => undefined);
  }
}

/** A session that was opened while the door was: it stays in for as long as it is let. */
async function stay(way: string, everyMs: number, url: string): Promise<void> {
  const session = await holdSession(url).catch(() => undefined);
  await insist(way, everyMs, async () =>
    session !== undefined && (await session.lives()) ? "opens" : "refused",
  );
  await session?.end();
}

const lines = createInterface({ input: process.stdin });
lines.once("close", leave);
lines.once("line", (line) => {
  const { databases, requests, everyMs } = JSON.parse(line) as IntruderOrder;
  void Promise.all([
    ...databases.flatMap(({ way, url }) => [
      insist(way, everyMs, () => triesSession(url)),
      stay(`${way}, a session that was open before`, everyMs, url),
    ]),
    ...requests.map(({ way, request }) => insist(way, everyMs, () => triesRequest(http, request))),
  ]).finally(() => process.exit(0));
});
