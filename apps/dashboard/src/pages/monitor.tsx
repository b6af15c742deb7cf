import { useState } from "preact/hooks";
import { ask } from "../api/ask.js";
import { calls } from "../api/calls.js";
import { mayAct } from "../api/session.js";
import { useAsked } from "../live/use-asked.js";
import { Act } from "../parts/act.js";
import { Badge, StandingBadge } from "../parts/badge.js";
import { Choice } from "../parts/fields.js";
import { Head, Part, Shown } from "../parts/page.js";
import { Plot } from "../parts/plot.js";
import { Table } from "../parts/table.js";
import { When } from "../parts/times.js";
import { UptimeBar } from "../parts/uptime.js";
import { duration, millis, percent } from "../parts/words.js";
import { useWho } from "../shell/who.js";
import { type LookBack, lookBacks } from "./monitors.js";

const everyMs = 15_000;
const slices = 120;

/** How a value of a metric is written, by its name. */
function sayMetric(metric: string): (value: number) => string {
  if (/(_ms|_latency|_time)$/.test(metric)) return millis;
  if (/(_rate|_share|^memory|^cpu)/.test(metric)) return percent;
  return (value) => String(Number(value.toPrecision(4)));
}

/** A metric's name for people. */
const named = (metric: string) => metric.replace(/_ms$/, "").replaceAll("_", " ");

/** One monitor: what it saw, over time and lately. */
export function Monitor({ name }: { name: string }) {
  const who = useWho();
  const [hours, setHours] = useState<LookBack>("24");
  const [found, setFound] = useState<string>();
  const known = useAsked(calls.monitor, { monitor: name, looks: 25 }, { everyMs });
  const history = useAsked(
    calls.monitorHistory,
    { monitor: name, hours: Number(hours), slices },
    { everyMs },
  );
  return (
    <>
      <Head title={name}>
        {known.answer !== undefined && <StandingBadge {...known.answer} />}
        {mayAct(who) && (
          <Act
            label="Look now"
            title={`Look with ${name}`}
            act={async () => {
              const [look] = await ask(calls.lookNow, { monitor: name });
              setFound(
                look === undefined || look.outcome === "nothing"
                  ? "There is nothing to look at yet."
                  : `${look.outcome} after ${duration(look.took)}${look.because === undefined ? "" : `: ${look.because}`}`,
              );
            }}
          >
            <p>It looks once, now. What it finds is told here and kept nowhere.</p>
          </Act>
        )}
      </Head>
      {found !== undefined && (
        <p role="status" class="note">
          Just now: {found}
        </p>
      )}
      <Part
        title="Over time"
        aside={<Choice label="Looking back" value={hours} set={setHours} of={lookBacks} />}
      >
        <Shown known={history}>
          {({ from, until, sliceMs, up, metrics }) => (
            <>
              <UptimeBar
                name={name}
                from={from}
                sliceMs={sliceMs}
                count={slices}
                slices={up[0]?.slices ?? []}
              />
              <div class="plots">
                {metrics.map(({ metric, slices: parts }) => (
                  <Plot
                    key={metric}
                    title={named(metric)}
                    span={[from, until]}
                    say={sayMetric(metric)}
                    lines={[
                      {
                        label: "median, and lowest to highest",
                        colour: "stable",
                        points: parts.map(({ at, p50, low, high }) => ({ at, value: p50, low, high })),
                      },
                      {
                        label: "p95",
                        colour: "canary",
                        points: parts.map(({ at, p95 }) => ({ at, value: p95 })),
                      },
                    ]}
                  />
                ))}
              </div>
            </>
          )}
        </Shown>
      </Part>
      <Shown known={known}>
        {({ title, kind, interval, up, looks, heartbeat }) => (
          <>
            <Part title="Availability">
              <p class="muted">
                {title} ({kind}), every {duration(interval)}.
              </p>
              <Table
                name="Availability"
                rows={up}
                keyOf={({ days }) => String(days)}
                none="Nobody has looked yet."
                columns={[
                  { head: "Days", of: ({ days }) => days },
                  { head: "Up", number: true, of: ({ share }) => percent(share) },
                  { head: "Looks", number: true, of: ({ looks: count }) => count },
                ]}
              />
              {heartbeat !== undefined && (
                <p>
                  A job gives its sign of life by <code>atoms monitor ping</code>, or over HTTP at the secret
                  address that <code>atoms monitor show</code> tells.
                </p>
              )}
            </Part>
            <Part title="Last looks">
              <Table
                name="Last looks"
                rows={looks.toReversed()}
                keyOf={({ at }) => String(at)}
                none="Nobody has looked yet."
                columns={[
                  { head: "When", of: ({ at }) => <When at={at} exact /> },
                  {
                    head: "Found",
                    of: ({ outcome }) => <Badge tone={outcome === "up" ? "good" : "bad"}>{outcome}</Badge>,
                  },
                  {
                    head: "Measured",
                    of: ({ values }) =>
                      Object.entries(values)
                        .map(([metric, value]) => `${named(metric)} ${sayMetric(metric)(value)}`)
                        .join(", "),
                  },
                  { head: "Why", of: ({ because }) => because ?? "" },
                ]}
              />
            </Part>
          </>
        )}
      </Shown>
    </>
  );
}
