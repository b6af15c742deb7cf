import { formatDuration, type LedgerEntry } from "../terms/index.js";
import type { Incident } from "./model.js";

/** One line of an incident's story. */
export type TimelineEntry = {
  /** Milliseconds since the epoch. */
  at: number;
  /** Place in the ledger: the evidence. */
  seq: number;
  kind: string;
  by: string;
  says: string;
  /** The release it belongs to, if any. */
  release?: string;
};

/** How long before the opening the story may begin, in milliseconds. */
const beforeMs = 3_600_000;

/** Told by others in better words, or too much for a story. */
const noise =
  /^(analysis\.(observed|silent|low-exposure)|watch\.measured|check\.finished|phase\.|notice\.|alert\.pending|alert\.passed|page\.passed|record\.|backup\.|silence\.reminded|release\.group)/;

/** When the story ends, in milliseconds since the epoch: what is done an hour after the end belongs to it; undefined while it goes on. */
export const storyEndsAt = ({ closedAt, resolvedAt }: Incident): number | undefined =>
  closedAt ?? (resolvedAt === undefined ? undefined : resolvedAt + beforeMs);

/**
 * The story of an incident: whatever names it, its alerts, its releases or its page, and what changed in its environment from
 * an hour before it was opened.
 * @param entries Of the ledger, in order, from `fromSeq`.
 * @param inWords What an entry of another chapter says.
 */
export function timelineOf(
  incident: Incident,
  entries: readonly LedgerEntry[],
  inWords: (entry: LedgerEntry) => string,
): TimelineEntry[] {
  const { id, service, environment, openedAt, page } = incident;
  const until = storyEndsAt(incident) ?? Number.POSITIVE_INFINITY;
  return entries
    .filter((entry) => {
      const { data } = entry;
      if (data["incident"] !== undefined) return data["incident"] === id;
      if (noise.test(entry.kind)) return false;
      const named = (name: string, known: readonly string[]) =>
        typeof data[name] === "string" && known.includes(data[name]);
      if (named("alert", incident.alerts)) return true;
      if (typeof data["page"] === "string")
        return data["page"] === page || data["page"].startsWith(`page_${id}:`);
      return (
        entry.service === service &&
        entry.environment === environment &&
        entry.at >= openedAt - beforeMs &&
        entry.at <= until
      );
    })
    .map((entry) => ({
      at: entry.at,
      seq: entry.seq,
      kind: entry.kind,
      by: entry.actor.name,
      says: oneLine(own(entry) ?? `${entry.kind}: ${inWords(entry)}`),
      ...(entry.release === undefined ? {} : { release: entry.release }),
    }))
    .toSorted((a, b) => a.at - b.at || a.seq - b.seq);
}

const oneLine = (text: string) =>
  text
    .replace(/[\s\p{Cc}]+/gu, " ")
    .trim()
    .slice(0, 500);

/** An entry of an incident, an alert or a page in words. */
function own({ kind, data }: LedgerEntry): string | undefined {
  const text = (name: string) => (typeof data[name] === "string" ? data[name] : "");
  const because = (name = "because") => (text(name) === "" ? "" : `: ${text(name)}`);
  const after = (ms: unknown) => (typeof ms === "number" ? `, after ${formatDuration(round(ms))}` : "");
  const publicly = data["public"] === true ? " (public)" : "";
  switch (kind) {
    case "incident.opened":
      return `opened as ${text("severity")}${because("title")}`;
    case "incident.acknowledged":
      return `${text("by")} has it${after(data["afterMs"])}`;
    case "incident.assigned":
      return `${text("who")} is ${text("role")}`;
    case "incident.noted":
    case "incident.pinned":
      return `${text("text")}${text("evidence") === "" ? "" : ` (${text("evidence")})`}`;
    case "incident.updated":
    case "incident.reopened":
      return `${kind === "incident.reopened" ? "open again, " : ""}${text("status") === "" ? "" : `${text("status")}: `}${text("text")}${publicly}`;
    case "incident.unpublished":
      return "taken off the status page";
    case "incident.severity-changed":
      return `${text("was")} is ${text("severity")} now${because()}`;
    case "incident.item-done":
      return `done: ${text("item")}`;
    case "incident.linked": {
      const source = data["source"] as { kind?: unknown; id?: unknown } | undefined;
      return `${String(source?.kind)} ${String(source?.id)} belongs to it`;
    }
    case "incident.resolved":
      return `resolved${after(data["afterMs"])}${because("text")}${publicly}`;
    case "incident.closed":
      return "closed";
    case "incident.follow-up":
      return `to be done: ${text("text")}${text("owner") === "" ? "" : ` (${text("owner")})`}`;
    case "incident.target-missed":
      return `the time for the ${text("target")} of ${text("severity")} is over`;
    case "incident.channel-made":
      return `talked about in ${text("channel")}`;
    case "incident.channel-failed":
      return `${text("channel")} could not be made${because()}`;
    case "incident.pins-unread":
      return `messages that are pinned are not read${because()}`;
    case "incident.paged":
      return `those on call are paged (${text("page")})`;
    case "incident.reviewed":
      return "the post-mortem was drafted";
    case "incident.review-due":
      return "the post-mortem is due";
    case "alert.firing":
    case "alert.resolved":
      return `alert ${text("rule")}${text("series") === "" ? "" : ` on ${text("series")}`} ${kind === "alert.firing" ? "fires" : "is over"}${because("saw")}`;
    case "page.opened":
      return `page ${text("page")}: ${text("title")}`;
    case "page.told":
      return `${text("person")} is told (${text("step")})`;
    case "page.acknowledged":
      return `the page is answered${after(data["afterMs"])}`;
    case "page.resolved":
      return `page ${text("page")} is over`;
    case "page.unanswered":
      return `nobody answered the page${because()}`;
    default:
      return undefined;
  }
}

const round = (ms: number) => (ms < 10_000 ? ms : Math.round(ms / 1_000) * 1_000);
