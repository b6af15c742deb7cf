import {
  type Incident,
  type LedgerEntry,
  storyEndsAt,
  type TimelineEntry,
  timelineOf,
} from "@atoms/playbook";
import { inWords } from "@atoms/playbook/report";
import type { ControlPlane } from "../control-plane.js";

const atOnce = 1_000;
/** An incident whose story is longer is told up to here. */
const most = 50_000;

/** The story of an incident, read off the ledger. */
export async function storyOf(plane: ControlPlane, incident: Incident): Promise<TimelineEntry[]> {
  const { ledger } = await plane.store();
  const until = storyEndsAt(incident);
  const late = 30 * 86_400_000;
  const entries: LedgerEntry[] = [];
  for (let after = incident.fromSeq; entries.length < most; ) {
    const some = await ledger.read({ after, limit: atOnce });
    entries.push(...some);
    const last = some.at(-1);
    if (last === undefined || some.length < atOnce) break;
    // What is written down late, such as a review, names the incident; but nobody reads for years.
    if (until !== undefined && last.at > until + late) break;
    after = last.seq;
  }
  return timelineOf(incident, entries, inWords);
}
