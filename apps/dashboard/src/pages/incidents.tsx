import type { Incident } from "@atoms/playbook";
import { useState } from "preact/hooks";
import { ask } from "../api/ask.js";
import { calls } from "../api/calls.js";
import { mayAct } from "../api/session.js";
import { useAsked } from "../live/use-asked.js";
import { Act } from "../parts/act.js";
import { Badge, type Tone } from "../parts/badge.js";
import { Choice, Switch, TextField } from "../parts/fields.js";
import { Head, Part, Shown } from "../parts/page.js";
import { Table } from "../parts/table.js";
import { When } from "../parts/times.js";
import { duration } from "../parts/words.js";
import { linkTo } from "../shell/route.js";
import { useWho } from "../shell/who.js";

export const severities = [
  ["P1", "P1: an outage"],
  ["P2", "P2: badly impaired"],
  ["P3", "P3: impaired"],
  ["P4", "P4: a blemish"],
] as const;
export type Severity = (typeof severities)[number][0];

const tones: Readonly<Record<string, Tone>> = { open: "bad", resolved: "good", closed: "calm" };

/** How an incident stands. */
export const IncidentBadge = ({ of: { state } }: { of: Pick<Incident, "state"> }) => (
  <Badge tone={tones[state] ?? "busy"}>{state}</Badge>
);

/** Incidents, those that need people first. */
export function Incidents() {
  const who = useWho();
  const [all, setAll] = useState(false);
  const known = useAsked(
    calls.incidents,
    { all, limit: 200 },
    { when: (news) => "entry" in news && news.entry.kind.startsWith("incident.") },
  );
  return (
    <>
      <Head title="Incidents">{mayAct(who) && <Open />}</Head>
      <Part title="Incidents" aside={<Switch label="closed ones too" on={all} set={setAll} />}>
        <Shown known={known}>
          {(incidents) => (
            <Table
              name="Incidents"
              rows={incidents}
              keyOf={({ id }) => id}
              none={all ? "There was none yet." : "There is none that is not closed."}
              columns={[
                { head: "Severity", of: ({ severity }) => <strong>{severity}</strong> },
                { head: "What", of: ({ id, title }) => <a href={linkTo("incidents", id)}>{title}</a> },
                { head: "State", of: (incident) => <IncidentBadge of={incident} /> },
                { head: "Opened", of: ({ openedAt }) => <When at={openedAt} /> },
                {
                  head: "Led by",
                  of: ({ roles }) => roles["commander"]?.who ?? <Badge tone="warn">nobody</Badge>,
                },
                {
                  head: "Took",
                  number: true,
                  of: ({ openedAt, resolvedAt }) =>
                    resolvedAt === undefined ? "" : duration(resolvedAt - openedAt),
                },
              ]}
            />
          )}
        </Shown>
      </Part>
    </>
  );
}

function Open() {
  const [title, setTitle] = useState("");
  const [details, setDetails] = useState("");
  const [severity, setSeverity] = useState<Severity>("P2");
  return (
    <Act
      label="Open an incident"
      title="Open an incident"
      tone="danger"
      act={async () => {
        const { incident } = await ask(calls.openIncident, {
          title: title.trim(),
          severity,
          ...(details.trim() === "" ? {} : { details: details.trim() }),
        });
        location.hash = linkTo("incidents", incident.id);
      }}
    >
      <TextField label="What is wrong, in one line" value={title} set={setTitle} required most={200} />
      <Choice label="How bad" value={severity} set={setSeverity} of={severities} />
      <TextField label="What was seen, and where to look" value={details} set={setDetails} most={2_000} />
      <p class="muted">The playbook says who is paged for it, and who hears of it.</p>
    </Act>
  );
}
