import { useState } from "preact/hooks";
import { calls } from "../api/calls.js";
import { useAsked } from "../live/use-asked.js";
import { StandingBadge } from "../parts/badge.js";
import { Choice } from "../parts/fields.js";
import { Head, Part, Shown } from "../parts/page.js";
import { ProblemNote } from "../parts/problem-note.js";
import { Ago, Since } from "../parts/times.js";
import { UptimeBar } from "../parts/uptime.js";
import { percent } from "../parts/words.js";
import { linkTo } from "../shell/route.js";

/** Spans that can be looked back at, in hours. */
export const lookBacks = [
  ["6", "6 hours"],
  ["24", "24 hours"],
  ["168", "7 days"],
  ["720", "30 days"],
  ["2160", "90 days"],
] as const;
export type LookBack = (typeof lookBacks)[number][0];

/** Samples come at their own times and are no entries of the ledger: they are asked for. */
const everyMs = 15_000;
const slices = 60;

/** Every monitor, how it stands, and how it stood. */
export function Monitors() {
  const [hours, setHours] = useState<LookBack>("24");
  const known = useAsked(calls.monitors, {}, { everyMs });
  const history = useAsked(calls.monitorHistory, { hours: Number(hours), slices }, { everyMs });
  return (
    <>
      <Head title="Monitors" />
      <Part
        title="How they stand"
        aside={<Choice label="Looking back" value={hours} set={setHours} of={lookBacks} />}
      >
        {history.problem !== undefined && <ProblemNote problem={history.problem} />}
        <Shown known={known}>
          {({ monitors, controlPlane }) => (
            <>
              {controlPlane !== "background" && (
                <p class="note">
                  A command answers for now, and looks at nothing. <code>atoms up</code> keeps looking.
                </p>
              )}
              {monitors.length === 0 && <p class="muted">The playbook has no monitors.</p>}
              <ul class="monitors">
                {monitors.map(({ name, kind, standing, since, last, stale, upShare }) => (
                  <li key={name}>
                    <p>
                      <a href={linkTo("monitors", name)}>{name}</a>{" "}
                      <StandingBadge standing={standing} stale={stale} />
                      <br />
                      <span class="muted">
                        {kind}
                        {since !== undefined && (
                          <>
                            , {standing} for <Since at={since} />
                          </>
                        )}
                      </span>
                    </p>
                    {history.answer !== undefined && (
                      <UptimeBar
                        name={name}
                        from={history.answer.from}
                        sliceMs={history.answer.sliceMs}
                        count={slices}
                        slices={history.answer.up.find(({ monitor }) => monitor === name)?.slices ?? []}
                      />
                    )}
                    <p class="muted">
                      {upShare !== undefined && `up ${percent(upShare)} of a day`}
                      {last !== undefined && (
                        <>
                          , last looked <Ago at={last.at} />
                        </>
                      )}
                      {last?.because !== undefined && (
                        <>
                          <br />
                          {last.because}
                        </>
                      )}
                    </p>
                  </li>
                ))}
              </ul>
            </>
          )}
        </Shown>
      </Part>
    </>
  );
}
