import { type LedgerEntry, noSuchRelease, type Release } from "@atoms/playbook";
import { type ReleaseReport, reportOf } from "@atoms/playbook/report";
import { z } from "zod";
import { defineVerb } from "./verb.js";

/** Past and running releases, newest first. */
export const listReleases = defineVerb({
  name: "list releases",
  method: "GET",
  role: "viewer",
  path: "/releases",
  summary: "List releases, newest first",
  input: z.strictObject({
    service: z.string().optional(),
    environment: z.string().optional(),
    limit: z.int().min(1).max(1000).default(20),
  }),
  async run(plane, { service, environment, limit }): Promise<Release[]> {
    const { releases } = await plane.store();
    return releases.list({
      limit,
      ...(service === undefined ? {} : { service }),
      ...(environment === undefined ? {} : { environment }),
    });
  },
});

/** One release. @throws ATM-915 when there is none of that id. */
export const showRelease = defineVerb({
  name: "show release",
  method: "GET",
  role: "viewer",
  path: "/releases/show",
  summary: "Show one release",
  input: z.strictObject({ release: z.string() }),
  async run(plane, input): Promise<Release> {
    const { releases } = await plane.store();
    const release = await releases.get(input.release);
    if (release === undefined) throw noSuchRelease({ release: input.release });
    return release;
  },
});

/** Entries that are read at once: one of a canary holds its buckets, and many of them are megabytes. */
const page = 2_000;

/** All that is known of a release: phases, decisions, and of a canary its evidence over time. @throws ATM-511 */
export const reportRelease = defineVerb({
  name: "report release",
  method: "GET",
  role: "viewer",
  path: "/releases/report",
  summary: "Report on a release, while it runs too",
  input: z.strictObject({ release: z.string() }),
  async run(plane, input): Promise<ReleaseReport> {
    const { releases, ledger } = await plane.store();
    const release = await releases.get(input.release);
    if (release === undefined) throw noSuchRelease({ release: input.release });
    const entries: LedgerEntry[] = [];
    for (let read = page; read === page; ) {
      const more = await ledger.read({ release: release.id, after: entries.at(-1)?.seq ?? 0, limit: page });
      entries.push(...more);
      read = more.length;
    }
    return reportOf(release, entries, plane.clock.now());
  },
});
