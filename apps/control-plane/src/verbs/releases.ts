import { type LedgerEntry, nothingRunning, type Release } from "@atoms/playbook";
import { type ReleaseNow, type ReleaseReport, reportOf } from "@atoms/playbook/report";
import { z } from "zod";
import { entriesOf, releaseCalled, releaseNow } from "../release-now.js";
import { playbookRef } from "./playbook-ref.js";
import { runningRelease } from "./running-release.js";
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

/** One release. @throws ATM-511 when there is none of that id. */
export const showRelease = defineVerb({
  name: "show release",
  method: "GET",
  role: "viewer",
  path: "/releases/show",
  summary: "Show one release",
  input: z.strictObject({ release: z.string() }),
  run: (plane, input): Promise<Release> => releaseCalled(plane, input.release),
});

/** A release, and how it stands. */
export type ReleaseStanding = { release: Release; now: ReleaseNow };

/**
 * How a release stands: where traffic is, what a canary has measured and how far off a verdict is, what it waits for and
 * until when. @throws ATM-509 when none is running, ATM-511 when none is called so.
 */
export const showReleaseNow = defineVerb({
  name: "show release now",
  method: "GET",
  role: "viewer",
  path: "/releases/now",
  summary: "Say how a release stands: its split, its canary's evidence, what it waits for and until when",
  answers:
    "`release` and `now`: `at`, `phase`, `since`, `split`, `to`, `from`, `canary` (`report`, `judgements`, `step`, `requestsInStep`, `rate`, `toHealth`, `toHarm`), `waitsFor` (a list of `for`, `because`, `until`, `opensAt`, `otherwise`, `approved`), `ended`. What each holds: playbook/src/report/README.md, How a release stands.",
  input: z.strictObject({
    ...playbookRef,
    release: z.string().optional().describe("The running one when left out."),
  }),
  async run(plane, input): Promise<ReleaseStanding> {
    if (input.release !== undefined) {
      const release = await releaseCalled(plane, input.release);
      return { release, now: await releaseNow(plane, release) };
    }
    const { running, of } = await runningRelease(plane, input);
    if (running === undefined) throw nothingRunning(of);
    return { release: running, now: await releaseNow(plane, running) };
  },
});

/** All that is known of a release: phases, decisions, and of a canary its evidence over time. @throws ATM-511 */
export const reportRelease = defineVerb({
  name: "report release",
  method: "GET",
  role: "viewer",
  path: "/releases/report",
  summary: "Report on a release, while it runs too",
  input: z.strictObject({ release: z.string() }),
  async run(plane, input): Promise<ReleaseReport> {
    const release = await releaseCalled(plane, input.release);
    const entries: LedgerEntry[] = [];
    for await (const more of entriesOf(plane, release.id)) entries.push(...more);
    return reportOf(release, entries, plane.clock.now());
  },
});
