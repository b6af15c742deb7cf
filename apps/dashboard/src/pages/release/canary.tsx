import type { MeasureSeries, ReportCanary } from "@atoms/playbook/report";
import { Badge } from "../../parts/badge.js";
import { Part } from "../../parts/page.js";
import { Plot } from "../../parts/plot.js";
import { Scroll } from "../../parts/scroll.js";
import { count, duration, evidence, millis, percent } from "../../parts/words.js";

type Guardrail = ReportCanary["guardrails"][number];
type Measure = Guardrail["measures"][number];
type Estimate = NonNullable<Measure["canary"]>;

const sayOf = (unit: "share" | "ms") => (unit === "share" ? percent : millis);

/** How the canary does beside stable: each guardrail with what was measured and how sure that is. */
export function CanaryPart({ canary }: { canary: ReportCanary }) {
  const { report, verdict, level, guardrails } = canary;
  const tone = verdict.kind === "pass" ? "good" : verdict.kind === "fail" ? "bad" : "busy";
  return (
    <Part
      title="Canary against stable"
      aside={<Badge tone={tone}>{verdict.kind === "inconclusive" ? "not decided" : verdict.kind}</Badge>}
    >
      {verdict.kind !== "pass" && <p>{verdict.because}</p>}
      <p class="muted">
        {count(report.requests.canary)} requests of the canary and {count(report.requests.stable)} of stable
        were judged in {duration(report.seconds * 1_000)}. Intervals hold at every look, with a chance of{" "}
        {percent(level)} that one ever misses.
      </p>
      <Together report={report} />
      <div class="guardrails">
        {guardrails.map((guardrail) => (
          <GuardrailCard
            key={guardrail.id}
            guardrail={guardrail}
            threshold={report.threshold}
            passThreshold={report.passThreshold}
          />
        ))}
      </div>
      {report.notes.map((note) => (
        <p key={note} class="note">
          {note}
        </p>
      ))}
      <div class="plots">
        {canary.measures.map((measure) => (
          <MeasurePlot key={measure.what} measure={measure} />
        ))}
        <Plot
          title="Evidence for harm, all guardrails together"
          lines={[{ label: "evidence", colour: "calm", points: canary.evidence }]}
          limit={{ label: "enough to go back", value: report.threshold }}
          say={(value) => evidence(value)}
        />
      </div>
      {canary.latencies !== undefined && <Latencies latencies={canary.latencies} />}
    </Part>
  );
}

/** A share of what is needed, as a bar. */
function Meter({ label, value, tone }: { label: string; value: number; tone: "bad" | "good" }) {
  const share = Math.max(0, Math.min(1, value));
  return (
    <svg
      class="meter"
      data-tone={tone}
      viewBox="0 0 100 4"
      preserveAspectRatio="none"
      role="img"
      aria-label={`${label}: ${percent(share)} of what is needed`}
    >
      <rect width="100" height="4" />
      <rect width={share * 100} height="4" class="value" />
    </svg>
  );
}

function Together({ report }: { report: ReportCanary["report"] }) {
  return (
    <div class="together">
      <span>
        Evidence for harm <strong>{evidence(report.logE)}</strong>{" "}
        <span class="muted">of {evidence(report.threshold)} needed</span>
      </span>
      <Meter label="Evidence for harm" value={report.logE / report.threshold} tone="bad" />
    </div>
  );
}

function GuardrailCard({
  guardrail,
  threshold,
  passThreshold,
}: {
  guardrail: Guardrail;
  threshold: number;
  passThreshold: number;
}) {
  const { id, says, measures, evidence: harm, pass } = guardrail;
  return (
    <article class="guardrail">
      <h3>{id}</h3>
      <p class="muted">{says}</p>
      <Scroll name={`${id}, in numbers`}>
        <table>
          <thead>
            <tr>
              <th scope="col">
                <span class="hidden">Measure</span>
              </th>
              <th scope="col">Canary</th>
              <th scope="col">Stable</th>
            </tr>
          </thead>
          <tbody>
            {measures.map((measure) => (
              <tr key={measure.what}>
                <th scope="row">{measure.what}</th>
                <td>
                  <Estimated estimate={measure.canary} unit={measure.unit} />
                </td>
                <td>
                  <Estimated estimate={measure.stable} unit={measure.unit} />
                </td>
              </tr>
            ))}
          </tbody>
        </table>
      </Scroll>
      <p class="pair">
        <span>
          harm: {evidence(harm.logE)}
          {harm.alone && " · enough by itself"}
        </span>
        <Meter label={`${id}, evidence for harm`} value={harm.logE / threshold} tone="bad" />
      </p>
      {pass !== null && (
        <p class="pair">
          <span>
            {pass.done
              ? "healthy: proven"
              : `health: ${pass.requestsLeft === null ? "not in sight" : `about ${count(pass.requestsLeft)} requests to go`}`}
          </span>
          <Meter
            label={`${id}, proof of health`}
            value={pass.done ? 1 : pass.logE / passThreshold}
            tone="good"
          />
        </p>
      )}
    </article>
  );
}

function Estimated({ estimate, unit }: { estimate: Estimate | null; unit: "share" | "ms" }) {
  if (estimate === null || estimate.sample <= 0) return <span class="muted">–</span>;
  const say = sayOf(unit);
  return (
    <>
      <strong>{say(estimate.value)}</strong>
      <br />
      <span class="muted">
        {say(estimate.low)} to{" "}
        {estimate.high === null || !Number.isFinite(estimate.high) ? "no bound" : say(estimate.high)}
      </span>
    </>
  );
}

function MeasurePlot({ measure }: { measure: MeasureSeries }) {
  const { what, unit, canary, stable, limit } = measure;
  const say = sayOf(unit);
  return (
    <Plot
      title={what}
      lines={[
        { label: "canary", colour: "canary", points: canary },
        ...(stable.length > 0 ? [{ label: "stable", colour: "stable" as const, points: stable }] : []),
      ]}
      {...(limit === undefined ? {} : { limit: { label: `limit ${say(limit)}`, value: limit } })}
      say={say}
    />
  );
}

function Latencies({ latencies: { canary, stable } }: { latencies: NonNullable<ReportCanary["latencies"]> }) {
  return (
    <Scroll name="Latency of requests that succeeded">
      <table>
        <caption>Latency of requests that succeeded</caption>
        <thead>
          <tr>
            <th scope="col">Quantile</th>
            <th scope="col">Canary ({count(canary.requests)})</th>
            <th scope="col">Stable ({count(stable.requests)})</th>
          </tr>
        </thead>
        <tbody>
          {canary.quantiles.map((own) => {
            const other = stable.quantiles.find(({ q }) => q === own.q);
            return (
              <tr key={own.q}>
                <th scope="row">p{Math.round(own.q * 100)}</th>
                {[own, other].map((one, i) => (
                  <td key={i === 0 ? "canary" : "stable"}>
                    {one === undefined
                      ? "–"
                      : `${millis(one.value)} (${millis(one.low)} to ${one.high === null ? "no bound" : millis(one.high)})`}
                  </td>
                ))}
              </tr>
            );
          })}
        </tbody>
      </table>
    </Scroll>
  );
}
