import { useState } from "preact/hooks";
import { ask } from "../api/ask.js";
import { calls } from "../api/calls.js";
import { mayAct } from "../api/session.js";
import { useAsked } from "../live/use-asked.js";
import { Act } from "../parts/act.js";
import { Badge, type Tone } from "../parts/badge.js";
import { JobView } from "../parts/job-view.js";
import { Head, Part, Shown } from "../parts/page.js";
import { Table } from "../parts/table.js";
import { Ago, When } from "../parts/times.js";
import { bytes, count, duration } from "../parts/words.js";
import { linkTo } from "../shell/route.js";
import { useWho } from "../shell/who.js";

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
function Recoveries() {
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
        <code>atoms recover --plan</code> says how the databases would be brought back now;{" "}
        <code>atoms recover database_failure --drill</code> rehearses it.
      </p>
    </Part>
  );
}

/** Full backups, and whether they were ever tried. */
export function Backups() {
  const who = useWho();
  const [job, setJob] = useState<string>();
  const known = useAsked(
    calls.backups,
    {},
    { when: (news) => "entry" in news && news.entry.kind.startsWith("backup") },
  );
  return (
    <>
      <Head title="Backups and recovery">
        {mayAct(who) && (
          <>
            <Act
              label="Take a backup"
              title="Take a full backup now"
              tone="primary"
              act={async () => setJob((await ask(calls.createBackup, {})).job)}
            >
              <p>The databases of the playbook are dumped and encrypted. The service goes on meanwhile.</p>
            </Act>
            <Act
              label="Try the newest"
              title="Try the newest backup"
              act={async () => setJob((await ask(calls.verifyBackups, {})).job)}
            >
              <p>It is restored into a database of its own, compared, and that is dropped again.</p>
            </Act>
          </>
        )}
      </Head>
      {job !== undefined && <JobView key={job} job={job} ended={known.again} />}
      <Part title="Full backups">
        <Shown known={known}>
          {(backups) => (
            <Table
              name="Full backups"
              rows={backups}
              keyOf={({ id }) => id}
              none="There is no full backup yet."
              columns={[
                { head: "Backup", of: ({ id }) => <code>{id}</code> },
                { head: "Taken", of: ({ createdAt }) => <Ago at={createdAt} /> },
                {
                  head: "Holds",
                  of: ({ databases, because }) =>
                    because === undefined ? (
                      databases.map(({ name, rows }) => `${name} (${count(rows)} rows)`).join(", ") ||
                      "variables and state"
                    ) : (
                      <Badge tone="bad">{because}</Badge>
                    ),
                },
                { head: "Size", number: true, of: ({ bytes: size }) => bytes(size) },
                {
                  head: "Tried",
                  of: ({ verified }) =>
                    verified === undefined ? (
                      <Badge tone="warn">never</Badge>
                    ) : (
                      <>
                        <Badge tone={verified.sound ? "good" : "bad"}>
                          {verified.sound ? "restores" : "does not restore"}
                        </Badge>{" "}
                        <Ago at={verified.at} />
                      </>
                    ),
                },
                { head: "By", of: ({ by }) => by ?? "" },
              ]}
            />
          )}
        </Shown>
        <p class="muted">
          Restoring asks for more than a click: <code>atoms backup restore</code> says what it would do first.
        </p>
      </Part>
      <Recoveries />
    </>
  );
}
