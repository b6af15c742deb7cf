import { useState } from "preact/hooks";
import { ask } from "../api/ask.js";
import { calls } from "../api/calls.js";
import { mayAct } from "../api/session.js";
import { useAsked } from "../live/use-asked.js";
import { Act } from "../parts/act.js";
import { Badge } from "../parts/badge.js";
import { JobView } from "../parts/job-view.js";
import { Head, Part, Shown } from "../parts/page.js";
import { Table } from "../parts/table.js";
import { Ago } from "../parts/times.js";
import { bytes, count } from "../parts/words.js";
import { useWho } from "../shell/who.js";
import { Recoveries, Scenarios } from "./recoveries.js";

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
      <Scenarios />
      <Recoveries />
    </>
  );
}
