import { defineProblem, type LedgerEntry } from "@atoms/playbook";
import { type Recording, RecordingSchema, recordingFormat } from "@atoms/playbook/statistics";

/** ATM-928 */
export const nothingRecorded = defineProblem<{ release: string }>({
  code: "ATM-928",
  title: "Nothing was measured in this release",
  happened: (a) => `The ledger holds no measurement of ${a.release}: only a canary is measured.`,
  fix: () => "`atoms releases` says which releases were canaries.",
  ending: "usage",
});

/**
 * Puts together what the ledger holds of a canary: how it is judged, and every bucket that was measured.
 * @param entries The release's entries, in order; more of them may follow later.
 * @returns undefined while nothing was measured.
 */
export function recordingOf(entries: readonly LedgerEntry[]): Recording | undefined {
  const begun = entries.find((entry) => entry.kind === "traffic.shifting")?.data["analysis"];
  const buckets = entries.flatMap((entry) =>
    entry.kind === "analysis.observed" && Array.isArray(entry.data["buckets"]) ? entry.data["buckets"] : [],
  );
  if (begun === undefined || buckets.length === 0) return undefined;
  const release = entries[0]?.release;
  const parsed = RecordingSchema.safeParse({
    format: recordingFormat,
    settings: begun,
    buckets,
    ...(release === undefined ? {} : { release }),
  });
  return parsed.data;
}
