import type { RecoveryTrend } from "@atoms/playbook";
import { calls } from "../api/calls.js";
import { useAsked } from "../live/use-asked.js";
import { Badge, type Tone } from "../parts/badge.js";
import { Part, Shown } from "../parts/page.js";
import { Table } from "../parts/table.js";
import { Ago, When } from "../parts/times.js";
import { duration } from "../parts/words.js";
import { linkTo } from "../shell/route.js";

/** A number that an entry of the ledger holds, if it does. */
const numberOf = (value: unknown): number | undefined => (typeof value === "number" ? value : undefined);
const textOf = (value: unknown): string => (typeof value === "string" ? value : "");

const ends: Readonly<Record<string, readonly [tone: Tone, says: string]>> = {
  released: ["good", "recovered"],
  passed: ["good", "passed"],
  missed: ["warn", "targets missed"],
};

/** How a recovery or a drill ended. */
function End({ state }: { state: string }) {
  const [tone, says] = ends[state] ?? ["bad", state];
  return <Badge tone={tone}>{says}</Badge>;
}

/** What was brought back after a disaster, or rehearsed, and how long that took against what was promised. */
export function Recoveries() {
  const known = useAsked(
    calls.recoveries,
    { limit: 50 },
    { when: (news) => "entry" in news && /^(recovery|drill)\./.test(news.entry.kind) },
  );
  const span = (value: unknown) => {
    const ms = numberOf(value);
    return ms === undefined ? "" : duration(ms);
  };
  return (
    <Part title="Recoveries and drills">
      <Shown known={known}>
        {(entries) => (
          <Table
            name="Recoveries and drills"
            rows={entries}
            keyOf={({ key }) => key}
            none="Nothing ever had to be brought back, and nothing was rehearsed."
            columns={[
              { head: "When", of: ({ at }) => <When at={at} /> },
              { head: "What", of: ({ kind }) => (kind.startsWith("drill.") ? "drill" : "recovery") },
              { head: "From", of: ({ data }) => textOf(data["scenario"]).replaceAll("_", " ") },
              { head: "Ended", of: ({ data }) => <End state={textOf(data["state"])} /> },
              { head: "Took", number: true, of: ({ data }) => span(data["rtoMs"]) },
              { head: "Lost", number: true, of: ({ data }) => span(data["rpoMs"]) },
              {
                head: "Targets",
                of: ({ data }) =>
                  typeof data["met"] === "boolean" && (
                    <Badge tone={data["met"] ? "good" : "warn"}>{data["met"] ? "kept" : "missed"}</Badge>
                  ),
              },
              {
                head: "Told by",
                of: ({ actor, release }) =>
                  release === undefined ? actor.name : <a href={linkTo("releases", release)}>{actor.name}</a>,
              },
              { head: "Because", of: ({ data }) => textOf(data["because"]) },
            ]}
          />
        )}
      </Shown>
      <p class="muted">
        <code>atoms recover database_failure --plan</code> says how the databases would be brought back now.
      </p>
    </Part>
  );
}

/** How one figure goes: the newest beside its target and what was usual before. */
function Figure({ trends, name }: { trends: readonly RecoveryTrend[]; name: RecoveryTrend["figure"] }) {
  const trend = trends.find(({ figure }) => figure === name);
  if (trend === undefined) return null;
  const { newest, target, before, turn } = trend;
  return (
    <>
      {duration(newest)}{" "}
      <Badge tone={newest <= target ? "good" : "warn"}>
        {newest <= target ? `within ${duration(target)}` : `beyond ${duration(target)}`}
      </Badge>
      {before !== undefined && (
        <span class="muted">
          {" "}
          {turn === "steady" ? "as before" : turn}, median {duration(before)}
        </span>
      )}
    </>
  );
}

/** How well each scenario is rehearsed. */
export function Scenarios() {
  const known = useAsked(
    calls.scenarios,
    {},
    { when: (news) => "entry" in news && news.entry.kind === "drill.finished" },
  );
  return (
    <Part title="Scenarios">
      <Shown known={known}>
        {(standings) => (
          <Table
            name="Scenarios"
            rows={standings}
            keyOf={({ scenario }) => scenario}
            none="There is nothing to recover from."
            columns={[
              { head: "Scenario", of: ({ scenario }) => scenario.replaceAll("_", " ") },
              { head: "What", of: ({ about }) => about },
              {
                head: "Drilled",
                of: ({ last, cannot }) =>
                  last === undefined ? (
                    <Badge tone={cannot === undefined ? "warn" : "calm"}>never</Badge>
                  ) : (
                    <>
                      <End state={last.state} /> <Ago at={last.at} />
                    </>
                  ),
              },
              { head: "Passed", number: true, of: ({ passed, drills }) => `${passed} of ${drills}` },
              { head: "RTO", of: ({ trends }) => <Figure trends={trends} name="RTO" /> },
              { head: "RPO", of: ({ trends }) => <Figure trends={trends} name="RPO" /> },
              { head: "Shut out", of: ({ trends }) => <Figure trends={trends} name="shut out" /> },
              {
                head: "Next game day",
                of: ({ next, cannot }) => (next === undefined ? (cannot ?? "") : <When at={next} />),
              },
            ]}
          />
        )}
      </Shown>
      <p class="muted">
        <code>atoms recover SCENARIO --drill</code> rehearses one on a stage of its own.
      </p>
    </Part>
  );
}
