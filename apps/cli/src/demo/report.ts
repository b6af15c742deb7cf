import type { LedgerCheck, Release } from "@atoms/playbook";
import type { Paint } from "../terminal/terminal.js";
import { stateText } from "../views/state.js";
import { tableText } from "../views/table.js";
import { howLong } from "../views/words.js";
import type { Visits } from "./visitors.js";

/** What the demo came to. */
export type DemoRun = {
  releases: Release[];
  /** What users met from the first release on. */
  visits: Visits;
  production: { address: string; serves: string | undefined };
  ledger: LedgerCheck;
  seconds: number;
  /** Where everything is kept, when it is kept. */
  folder?: string;
};

/** The demo's report for people. */
export function demoReport(run: DemoRun, paint: Paint): string {
  const bad = run.releases.filter((release) => release.state !== "released");
  const ledger = run.ledger.intact
    ? `The ledger holds ${run.ledger.entries} entries, and its hash chain is intact.`
    : paint.red(`The ledger is broken at entry ${run.ledger.brokenAt}.`);
  return [
    "",
    paint.bold("What happened"),
    tableText(run.releases, [
      { head: "RELEASE", of: (r) => r.id },
      { head: "VERSION", of: (r) => r.version },
      { head: "VERDICT", of: (r) => stateText(r.state, paint) },
      {
        head: "TOOK",
        of: (r) => (r.endedAt === undefined ? "" : howLong(r.endedAt - r.startedAt)),
        right: true,
      },
      { head: "DEPLOYMENT", of: (r) => r.candidate?.id ?? "" },
      { head: "ADDRESS", of: (r) => r.candidate?.address ?? "" },
    ]),
    "",
    ...bad.map(badText),
    `Production serves ${run.production.serves ?? "nothing"} now.`,
    `Users asked ${run.visits.asked} times while this went on; ${run.visits.failed} of them met an error.`,
    ledger,
    run.folder === undefined
      ? `Everything was stopped and removed after ${run.seconds.toFixed(0)} s. \`atoms demo --keep\` leaves the folder for a look.`
      : `Everything was stopped after ${run.seconds.toFixed(0)} s; it is kept in ${run.folder}.`,
    "Your own service: `atoms init` in its folder, then `atoms deploy`.",
  ].join("\n");
}

/** How a bad version was caught. */
function badText(release: Release): string {
  return release.state === "rolled back"
    ? `${release.version} was caught in front of users and taken back by itself.`
    : `${release.version} was caught before it got traffic.`;
}
