import type { DatabasePlan, LedgerEntry } from "@atoms/playbook";
import type { Paint } from "../terminal/terminal.js";
import { breachEndText } from "./recovery-breach.js";
import { dataEndText } from "./recovery-data.js";
import { outageEndText } from "./recovery-outage.js";
import { howLong, when } from "./words.js";

/** How databases are brought back, step by step. */
export function recoveryText(plans: readonly DatabasePlan[], paint: Paint): string {
  return plans.map((plan) => planText(plan, paint)).join("\n\n");
}

/** How databases were found, without the steps that a command takes by itself. */
export const foundText = (plans: readonly DatabasePlan[], paint: Paint): string =>
  plans.map((plan) => planText({ ...plan, steps: [] }, paint)).join("\n");

function planText({ database, way, found, backup, lossMs, steps }: DatabasePlan, paint: Paint): string {
  const colour = way === "impossible" ? paint.red : way === "as it is" ? paint.green : paint.yellow;
  const lines = [`${paint.bold(database)}: ${colour(way)}`, `  ${found}`];
  if (backup !== undefined && lossMs !== undefined) {
    const tried = backup.sound === true ? "restored once to try it" : "never tried";
    lines.push(
      `  The backup to use is ${backup.id} of ${when(backup.takenAt)}, ${tried}. Restoring it loses up to ${howLong(lossMs)} of writes.`,
    );
  }
  for (const [index, { what, command }] of steps.entries()) {
    lines.push(`  ${index + 1}. ${what}`);
    if (command !== undefined) lines.push(`     ${paint.cyan(command)}`);
  }
  return lines.join("\n");
}

const text = (value: unknown): string => (typeof value === "string" ? value : "");
const count = (value: unknown): number => (typeof value === "number" ? value : 0);

/** An event of a recovery in a few words, for the live view; `bad` when it is a warning. */
export function recoveryWords(kind: string, data: LedgerEntry["data"]): { words: string; bad: boolean } {
  const database = text(data["database"]);
  switch (kind) {
    case "recovery.chosen":
      return data["do"] === "restore"
        ? {
            words: `${database}: ${text(data["backup"])} to ${text(data["where"])}${data["over"] === true ? ", what is there is kept under another name" : ""}`,
            bad: false,
          }
        : { words: `${database}: ${text(data["because"])}`, bad: data["do"] !== "leave" };
    case "recovery.restored":
      return {
        words: `${database} ${data["again"] === true ? "was there already" : "restored"}: ${count(data["rows"])} rows in ${count(data["tables"])} tables, as in the backup`,
        bad: false,
      };
    case "recovery.backup_refused":
      return { words: `${text(data["backup"])} is of no use: ${text(data["because"])}`, bad: true };
    case "recovery.pointed":
      return { words: `${text(data["variable"])} leads to ${text(data["where"])}`, bad: false };
    default: {
      const hosts = Array.isArray(data["hosts"]) ? data["hosts"].length : 0;
      return {
        words: `health says so on ${hosts === 1 ? "1 host" : `${hosts} hosts`} after ${howLong(count(data["ms"]))}`,
        bad: false,
      };
    }
  }
}

/** What a recovery took, and what is left to people; empty when it did not come to its end. */
export function recoveryEndText(entry: LedgerEntry | undefined, paint: Paint): string {
  if (entry === undefined) return "";
  const rows = entry.data["scenario"] === "data_corruption" ? dataEndText(entry, paint) : "";
  const { rtoMs, rpoMs, met, restored, afterwards, state } = entry.data;
  const lines: string[] = rows === "" ? [] : [rows];
  if (entry.data["scenario"] === "security_breach") lines.push(breachEndText(entry, paint));
  if (entry.data["scenario"] === "service_outage") lines.push(outageEndText(entry, paint));
  if (state === "released" && count(restored) > 0 && entry.data["scenario"] !== "data_corruption")
    lines.push(
      `${met === true ? paint.green("Within the targets") : paint.yellow("Beyond the targets")}: back after ${howLong(count(rtoMs))}, what was written in the ${howLong(count(rpoMs))} before is lost.`,
    );
  const left = Array.isArray(afterwards) ? afterwards.map(text) : [];
  if (left.length > 0) lines.push("", "What is left to you:", ...left.map((one, i) => `  ${i + 1}. ${one}`));
  return lines.join("\n");
}
