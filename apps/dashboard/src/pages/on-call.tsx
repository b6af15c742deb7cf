import { useState } from "preact/hooks";
import { ask } from "../api/ask.js";
import { calls } from "../api/calls.js";
import { mayAct } from "../api/session.js";
import type { News } from "../live/feed.js";
import { useAsked } from "../live/use-asked.js";
import { Act } from "../parts/act.js";
import { Badge } from "../parts/badge.js";
import { Choice, msOf, type Span, spans, TextField } from "../parts/fields.js";
import { Head, Part, Shown } from "../parts/page.js";
import { Table } from "../parts/table.js";
import { Ago, When } from "../parts/times.js";
import { duration } from "../parts/words.js";
import { useWho } from "../shell/who.js";

/** Farther away than any schedule: a turn without an end. */
const never = 8e15;
const ofOnCall = (news: News) => "entry" in news && /^(page|override|incident|alert)\./.test(news.entry.kind);
const End = ({ at }: { at: number }) => (at > never ? <>for good</> : <When at={at} />);

/** Who is on call, who stands in, who was paged. */
export function OnCall() {
  const who = useWho();
  const known = useAsked(calls.onCall, {}, { when: ofOnCall, everyMs: 30_000 });
  const shifts = useAsked(calls.shifts, { days: 28 }, { when: ofOnCall });
  const acted = () => {
    known.again();
    shifts.again();
  };
  return (
    <>
      <Head title="On call" />
      <Shown known={known}>
        {({ steps, respondWithin, rounds, overrides, open }) => (
          <>
            {open.length > 0 && (
              <Part title="Pages that nobody has yet" aside={<Badge tone="bad">{open.length}</Badge>}>
                <Table
                  name="Open pages"
                  rows={open}
                  keyOf={({ id }) => id}
                  none=""
                  columns={[
                    { head: "Severity", of: ({ severity }) => severity },
                    { head: "What", of: ({ title }) => title },
                    { head: "Since", of: ({ at }) => <Ago at={at} /> },
                    {
                      head: "Told",
                      of: ({ told }) => [...new Set(told.flatMap(({ person }) => person ?? []))].join(", "),
                    },
                    {
                      head: "Act",
                      of: ({ id, title }) =>
                        mayAct(who) && (
                          <Act
                            label="I have it"
                            title={title}
                            tone="primary"
                            act={() => ask(calls.ackPage, { page: id })}
                            done={acted}
                          >
                            <p>Nobody else is told of it.</p>
                          </Act>
                        ),
                    },
                  ]}
                />
              </Part>
            )}
            <Part
              title="Now"
              aside={
                mayAct(who) &&
                steps.length > 0 && <StandIn steps={steps.map(({ step }) => step)} acted={acted} />
              }
            >
              <Table
                name="On call now"
                rows={steps}
                keyOf={({ step }) => step}
                none={
                  <>
                    Nobody is on call: the playbook names neither <code>on_call</code> nor{" "}
                    <code>contacts</code> of the usual roles.
                  </>
                }
                columns={[
                  { head: "Step", of: ({ step }) => step },
                  {
                    head: "Now",
                    of: ({ now }) =>
                      now === undefined ? (
                        <Badge tone="bad">nobody</Badge>
                      ) : (
                        <>
                          <strong>{now.person}</strong>
                          {now.override !== undefined && " (stands in)"}
                        </>
                      ),
                  },
                  { head: "Until", of: ({ now }) => now !== undefined && <End at={now.until} /> },
                  { head: "Next", of: ({ next }) => next?.person ?? "" },
                  {
                    head: "Reached by",
                    of: ({ reachedBy, phone }) =>
                      reachedBy.length > 0 ? (
                        reachedBy.join(", ")
                      ) : (
                        <Badge tone="warn">
                          {phone === undefined ? "no channel" : `no channel; ${phone}`}
                        </Badge>
                      ),
                  },
                ]}
              />
              <p class="muted">
                Each has{" "}
                {Object.entries(respondWithin)
                  .map(([severity, ms]) => `${severity} ${duration(ms)}`)
                  .join(", ")}{" "}
                to answer before the next is told{rounds > 1 && `, in ${rounds} rounds`}.
              </p>
              {overrides.map(({ id, person, step, from, until, addedBy }) => (
                <p key={id} class="row">
                  <span>
                    {person} stands in at {step} from <When at={from} /> until <When at={until} />{" "}
                    <span class="muted">by {addedBy.name}</span>
                  </span>
                  {mayAct(who) && (
                    <Act
                      label="Take back"
                      title="Take this back"
                      act={() => ask(calls.removeOverride, { override: id })}
                      done={acted}
                    >
                      <p>The schedule counts again.</p>
                    </Act>
                  )}
                </p>
              ))}
            </Part>
          </>
        )}
      </Shown>
      <Shown known={shifts}>
        {(schedules) =>
          schedules.map(({ step, timeZone, shifts: turns }) => (
            <Part
              key={step}
              title={`${step}, four weeks`}
              aside={<span class="muted">handed over by {timeZone}</span>}
            >
              <Table
                name={`Shifts of ${step}`}
                rows={turns}
                keyOf={({ from, person }) => `${from}${person}`}
                none="Nobody."
                columns={[
                  { head: "From", of: ({ from }) => (from < -never ? "always" : <When at={from} />) },
                  { head: "Until", of: ({ until }) => <End at={until} /> },
                  {
                    head: "Person",
                    of: ({ person, override }) => `${person}${override === undefined ? "" : " (stands in)"}`,
                  },
                ]}
              />
            </Part>
          ))
        }
      </Shown>
    </>
  );
}

function StandIn({ steps, acted }: { steps: readonly string[]; acted(): void }) {
  const [step, setStep] = useState(steps[0] ?? "");
  const [person, setPerson] = useState("");
  const [span, setSpan] = useState<Span>("240");
  return (
    <Act
      label="Let somebody stand in"
      title="Stand in, from now"
      act={() => ask(calls.addOverride, { step, person: person.trim(), forMs: msOf(span) })}
      done={acted}
    >
      <Choice label="At" value={step} set={setStep} of={steps.map((one) => [one, one] as const)} />
      <TextField label="Who" value={person} set={setPerson} required hint="As the playbook names them." />
      <Choice label="How long" value={span} set={setSpan} of={spans} />
    </Act>
  );
}
