import type { listSilences, OutputOf } from "@atoms/control-plane";
import { useState } from "preact/hooks";
import { ask } from "../api/ask.js";
import { calls } from "../api/calls.js";
import { mayAct } from "../api/session.js";
import type { Known } from "../live/use-asked.js";
import { Act } from "../parts/act.js";
import { Choice, msOf, type Span, spans, TextField } from "../parts/fields.js";
import { Part, Shown } from "../parts/page.js";
import { Table } from "../parts/table.js";
import { Until, When } from "../parts/times.js";
import { useWho } from "../shell/who.js";

type Silence = OutputOf<typeof listSilences>[number];

/** What is kept quiet, and for how long. */
export function Silences({ known, acted }: { known: Known<Silence[]>; acted(): void }) {
  const who = useWho();
  const acts = mayAct(who);
  return (
    <Part title="Silences" aside={acts && <Add acted={acted} />}>
      <Shown known={known}>
        {(silences) => (
          <Table
            name="Silences"
            rows={silences}
            keyOf={({ id }) => id}
            none="Nothing is silenced."
            columns={[
              {
                head: "What",
                of: ({ matchers }) => (
                  <code>
                    {matchers.map(({ label, operator, value }) => `${label}${operator}${value}`).join(", ")}
                  </code>
                ),
              },
              { head: "Why", of: ({ comment }) => comment },
              {
                head: "By",
                of: ({ source }) => (source.kind === "person" ? source.id : `${source.kind} ${source.id}`),
              },
              { head: "Until", of: ({ endsAt }) => <When at={endsAt} /> },
              { head: "Left", of: ({ endsAt }) => <Until at={endsAt} /> },
              ...(acts
                ? [
                    {
                      head: "Act",
                      of: ({ id }: Silence) => (
                        <Act
                          label="End"
                          title="End this silence"
                          act={() => ask(calls.expireSilence, { silence: id })}
                          done={acted}
                        >
                          <p>What it keeps quiet is told from now on.</p>
                        </Act>
                      ),
                    },
                  ]
                : []),
            ]}
          />
        )}
      </Shown>
    </Part>
  );
}

function Add({ acted }: { acted(): void }) {
  const [labels, setLabels] = useState("");
  const [span, setSpan] = useState<Span>("60");
  const [comment, setComment] = useState("");
  return (
    <Act
      label="Add a silence"
      title="Keep alerts quiet for a while"
      act={() =>
        ask(calls.addSilence, {
          matchers: labels.split(",").flatMap((one) => (one.trim() === "" ? [] : [one.trim()])),
          for: msOf(span),
          comment: comment.trim(),
        })
      }
      done={acted}
    >
      <TextField
        label="Labels, with commas between"
        value={labels}
        set={setLabels}
        required
        hint="rule=high_latency, severity!=critical, monitor=~health|uptime"
      />
      <Choice label="How long" value={span} set={setSpan} of={spans} />
      <TextField label="Why" value={comment} set={setComment} required />
    </Act>
  );
}
