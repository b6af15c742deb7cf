import type { Alert } from "@atoms/playbook";
import { useState } from "preact/hooks";
import { ask } from "../api/ask.js";
import { calls } from "../api/calls.js";
import { mayAct } from "../api/session.js";
import type { News } from "../live/feed.js";
import { useAsked } from "../live/use-asked.js";
import { Act } from "../parts/act.js";
import { Badge, type Tone } from "../parts/badge.js";
import { Choice, msOf, type Span, Switch, spans, TextField } from "../parts/fields.js";
import { Head, Part, Shown } from "../parts/page.js";
import { Table } from "../parts/table.js";
import { Ago, When } from "../parts/times.js";
import { useWho } from "../shell/who.js";
import { Silences } from "./silences.js";

const ofAlerts = (news: News) => "entry" in news && /^(alert|silence|page)\./.test(news.entry.kind);
const stateTone: Readonly<Record<string, Tone>> = { firing: "bad", pending: "warn", resolved: "good" };

/** Alerts, rules and silences. */
export function Alerts() {
  const [all, setAll] = useState(false);
  const who = useWho();
  const known = useAsked(calls.alerts, { all, limit: 200 }, { when: ofAlerts, everyMs: 20_000 });
  const rules = useAsked(calls.rules, {});
  const silences = useAsked(calls.silences, {}, { when: ofAlerts });
  const acted = () => {
    known.again();
    silences.again();
  };
  return (
    <>
      <Head title="Alerts" />
      <Part title="Alerts" aside={<Switch label="those that are over too" on={all} set={setAll} />}>
        <Shown known={known}>
          {({ alerts, evaluatedAt }) => (
            <>
              <Table
                name="Alerts"
                rows={alerts}
                keyOf={({ id }) => id}
                none={all ? "There was no alert yet." : "No alert fires and none is pending."}
                columns={[
                  {
                    head: "State",
                    of: ({ state }) => <Badge tone={stateTone[state] ?? "calm"}>{state}</Badge>,
                  },
                  { head: "Severity", of: ({ severity }) => severity },
                  {
                    head: "What",
                    of: ({ summary, saw, rule, series }) => (
                      <>
                        {summary}
                        <br />
                        <span class="muted">
                          {rule}
                          {series !== "" && ` on ${series}`}: {saw}
                        </span>
                      </>
                    ),
                  },
                  { head: "Since", of: ({ firedAt, activeAt }) => <When at={firedAt ?? activeAt} /> },
                  { head: "People", of: quietOf },
                  ...(mayAct(who)
                    ? [{ head: "Act", of: (alert: Alert) => <AlertActs alert={alert} acted={acted} /> }]
                    : []),
                ]}
              />
              <p class="muted">
                {evaluatedAt === undefined ? (
                  <>
                    Rules were never evaluated: <code>atoms up</code> does that.
                  </>
                ) : (
                  <>
                    Rules were evaluated <Ago at={evaluatedAt} />.
                  </>
                )}
              </p>
            </>
          )}
        </Shown>
      </Part>
      <Silences known={silences} acted={acted} />
      <Part title="Rules">
        <Shown known={rules}>
          {(list) => (
            <Table
              name="Rules"
              rows={list}
              keyOf={({ rule }) => rule}
              none="The playbook has no rules."
              columns={[
                { head: "Rule", of: ({ rule }) => rule },
                {
                  head: "Condition",
                  of: ({ condition, timing }) => (
                    <>
                      <code>{condition}</code> <span class="muted">{timing}</span>
                    </>
                  ),
                },
                { head: "Severity", of: ({ severity }) => severity },
                { head: "Then", of: ({ actions }) => actions.join(", ") },
                {
                  head: "On",
                  of: ({ on, gaps }) =>
                    gaps.length > 0 ? (
                      <>
                        <Badge tone="warn">can never fire</Badge> {gaps.join("; ")}
                      </>
                    ) : (
                      on.map((series) => (series === "" ? "releases" : series)).join(", ")
                    ),
                },
              ]}
            />
          )}
        </Shown>
      </Part>
    </>
  );
}

function quietOf({ quiet, toldAt, acknowledgedBy }: Alert) {
  if (acknowledgedBy !== undefined) return `${acknowledgedBy} has it`;
  if (quiet?.why === "silence") return `quiet by ${quiet.silence}`;
  if (quiet?.why === "inhibited") return `quiet because of ${quiet.by}`;
  return toldAt === undefined ? "not told yet" : <>told {<When at={toldAt} />}</>;
}

function AlertActs({ alert, acted }: { alert: Alert; acted(): void }) {
  const [span, setSpan] = useState<Span>("60");
  const [comment, setComment] = useState("");
  if (alert.state !== "firing" && alert.state !== "pending") return null;
  return (
    <span class="row">
      {alert.state === "firing" && alert.acknowledgedBy === undefined && (
        <Act
          label="Acknowledge"
          title={`Acknowledge ${alert.rule}`}
          tone="primary"
          act={() => ask(calls.acknowledgeAlert, { alert: alert.id })}
          done={acted}
        >
          <p>
            You have it: nobody else is told of it, and its page is answered. It is quiet until it is over.
          </p>
        </Act>
      )}
      <Act
        label="Silence"
        title={`Silence ${alert.rule}`}
        act={() =>
          ask(calls.addSilence, {
            matchers: [`rule=${alert.rule}`],
            for: msOf(span),
            comment: comment.trim(),
          })
        }
        done={acted}
      >
        <p>
          Alerts of <strong>{alert.rule}</strong> are told to nobody for a while. They are evaluated all the
          same.
        </p>
        <Choice label="How long" value={span} set={setSpan} of={spans} />
        <TextField label="Why" value={comment} set={setComment} required />
      </Act>
    </span>
  );
}
