import { appendFileSync, existsSync, readFileSync } from "node:fs";
import type { Killed } from "./kill-everywhere.js";

/** Where each kill is written down as it ends, so that a run that was stopped goes on where it was. */
const results = process.env["CHAOS_RESULTS"];

/** One kill that is over, as a line of the results; of a release killed again and again, all its kills. */
export type Done = {
  lane: string;
  /** Where it died; the places in their order, with " | " between them. */
  point: string;
  kills: number;
  came: Killed["kind"];
  fault: string[];
};

/** The kills of a lane that an earlier run made. */
export function doneIn(lane: string): Done[] {
  if (results === undefined || !existsSync(results)) return [];
  const lines = readFileSync(results, "utf8").trim().split("\n");
  return lines
    .flatMap((line) => (line === "" ? [] : [JSON.parse(line) as Done]))
    .filter((done) => done.lane === lane);
}

/** Says what came of a kill, and keeps it when a file for it was named. */
export function writeDown(done: Done): void {
  if (results !== undefined) appendFileSync(results, `${JSON.stringify(done)}\n`);
  const so = done.fault.length === 0 ? "as if nothing had happened" : `WRONG: ${JSON.stringify(done.fault)}`;
  process.stderr.write(`${done.lane}: ${done.point}: ${done.came}: ${so}\n`);
}
