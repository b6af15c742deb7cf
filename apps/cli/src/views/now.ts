import type { CanaryNow, Judgement, Outlook, ReleaseNow, WaitsFor } from "@atoms/playbook/report";
import type { Estimate, GuardrailReport, Measure } from "@atoms/playbook/statistics";
import { sayEvidence } from "@atoms/playbook/statistics/report";
import type { Paint } from "../terminal/terminal.js";
import { tableText } from "./table.js";
import { howLong, when } from "./words.js";

/** What is known of a canary now: each guardrail on both arms with its interval, the evidence, and how far off a verdict is. */
export function canaryLines(canary: CanaryNow, at: number, paint: Paint): string[] {
  const { report, level } = canary;
  const rows: Row[] = report.guardrails.flatMap((guardrail) =>
    guardrail.measures.map((measure, i) => ({ guardrail, measure, first: i === 0 })),
  );
  const judged = (row: Row) => canary.judgements[row.guardrail.id] ?? "undecided";
  const table = tableText(rows, [
    { head: "guardrail", of: (row) => (row.first ? row.guardrail.id : paint.dim(`  ${row.measure.what}`)) },
    { head: "stands", of: (row) => (row.first ? colourOf(judged(row), paint)(judged(row)) : "") },
    { head: "to health", of: (row) => (row.first ? toHealthText(row.guardrail) : ""), right: true },
    {
      head: "evidence",
      of: (row) => (row.first ? sayEvidence(row.guardrail.evidence.logE) : ""),
      right: true,
    },
    { head: `canary (${percent(1 - level)})`, of: ({ measure }) => shown(measure.canary, measure.unit) },
    { head: "stable", of: ({ measure }) => shown(measure.stable, measure.unit) },
    {
      head: "requests",
      of: ({ measure: { canary: own, stable } }) =>
        [own, stable].flatMap((one) => (one === null ? [] : [whole(one.sample)])).join(" / "),
      right: true,
    },
  ]);
  return [
    ...table.split("\n"),
    paint.dim(countsText(canary)),
    `verdict    ${verdictText(canary, at)}`,
    ...report.notes.map((note) => paint.yellow(`note       ${note}`)),
  ];
}

type Row = { guardrail: GuardrailReport; measure: Measure; first: boolean };

const colourOf = (judgement: Judgement, paint: Paint) =>
  ({ harmful: paint.red, suspect: paint.yellow, undecided: paint.dim, healthy: paint.green })[judgement];

/** Requests of the canary that its proof of health still needs. */
function toHealthText({ pass }: GuardrailReport): string {
  if (pass === null) return "not asked";
  if (pass.done) return "";
  return pass.requestsLeft === null ? "unknown" : `${whole(pass.requestsLeft)} left`;
}

function countsText({ report, rate, step, requestsInStep }: CanaryNow): string {
  const { requests, notJudged } = report;
  const inStep =
    step === undefined ? "" : `step ${step.step} of ${step.of}: ${whole(requestsInStep)} requests; `;
  const speed = rate === null ? "" : ` at ${Number(rate.toPrecision(2))} a second`;
  const left = notJudged.canary > 0 ? `, ${whole(notJudged.canary)} more warming up or not yet` : "";
  return `${inStep}judged: ${whole(requests.canary)} of the canary${speed}${left}, ${whole(requests.stable)} of stable`;
}

/** The verdict, or how far off it is at the present course. */
function verdictText({ report, toHealth, toHarm, step }: CanaryNow, at: number): string {
  const { verdict, logE, threshold } = report;
  if (verdict.kind === "fail") return `harm: ${verdict.because}`;
  if (verdict.kind === "pass") return "proof of health";
  const asked = report.guardrails.some(({ pass }) => pass !== null);
  const share = Math.round(Math.max(0, Math.min(1, logE / threshold)) * 100);
  const end = step?.until ?? Number.POSITIVE_INFINITY;
  const late = at + (toHealth?.seconds ?? 0) * 1_000 > end ? ", later than this step lasts" : "";
  return [
    asked
      ? `health ${toHealth === null ? "not known yet" : outlookText(toHealth)}${late}`
      : "health is not asked for",
    `harm ${share} % proved${toHarm === null ? "" : `, all ${outlookText(toHarm)}`}`,
  ].join("; ");
}

function outlookText({ requests, seconds }: Outlook): string {
  const inAll = Math.ceil(seconds ?? 0);
  const soon =
    seconds === null
      ? "nobody knows when, no request comes"
      : `about ${inAll < 60 ? `${inAll} s` : howLong(inAll * 1_000)}`;
  return requests === 0 ? `in ${soon}` : `in about ${whole(requests)} requests (${soon})`;
}

function shown(estimate: Estimate | null, unit: Measure["unit"]): string {
  if (estimate === null) return "not counted";
  if (estimate.sample <= 0) return "nothing yet";
  const scale = unit === "share" ? 100 : 1;
  const sign = unit === "share" ? "%" : " ms";
  const number = (value: number) =>
    Number.isFinite(value) ? `${Number((value * scale).toPrecision(3))}` : "∞";
  const { value, low, high } = estimate;
  return `${number(value)}${sign} (${number(low)}–${number(high)})`;
}

/** What a release waits for, each on a line: until when, and what then. */
export function waitsLines({ waitsFor, at }: Pick<ReleaseNow, "waitsFor" | "at">, paint: Paint): string[] {
  return waitsFor.flatMap((one) => {
    const head = headed.has(one.for) ? `${paint.bold(one.for)}: ${one.because}` : one.because;
    const opens = one.opensAt === undefined ? "" : `; opens ${clock(one.opensAt, at)}`;
    return [`waits for  ${head}${answersText(one)}${opens}`, `           ${endText(one, at)}`];
  });
}

const headed: ReadonlySet<WaitsFor["for"]> = new Set(["data", "freeze", "webhook", "incident", "pin"]);

function answersText({ for: what, approved }: WaitsFor): string {
  if (what !== "person") return "";
  const so =
    approved === undefined || approved.by.length === 0 ? "" : `, by ${approved.by.join(", ")} so far`;
  return ` (\`atoms approve\`${so})`;
}

function endText({ until, otherwise }: WaitsFor, at: number): string {
  if (until === null) return `until when is not known; then ${otherwise}`;
  const left = until - at;
  const end =
    left >= 0
      ? `at most ${howLong(left)} more, until ${clock(until, at)}`
      : `overdue since ${clock(until, at)}`;
  return `${end}; then ${otherwise}`;
}

/** A moment in UTC; its date only where it is far off. */
const clock = (moment: number, now: number): string =>
  Math.abs(moment - now) < 43_200_000 ? when(moment).slice(11) : when(moment);

const whole = (count: number): string => Math.round(count).toLocaleString("en");
const percent = (share: number): string => `${Number((share * 100).toPrecision(3))}%`;
