import type { Release } from "../terms/index.js";
import { canarySections } from "./canary-sections.js";
import { duration } from "./decisions.js";
import { html, Markup } from "./markup.js";
import type { ReleaseReport, ReportDecision } from "./model.js";
import { plotSvg, timeTicks } from "./plot.js";
import { style, styleHash } from "./style.js";
import { share, timeOfDay, when } from "./words.js";

/**
 * A report as one HTML page that stands alone: no script, nothing from anywhere else, and a policy that forbids both.
 * Pure: the same report gives the same page.
 */
export function reportPage(report: ReleaseReport): string {
  const { release } = report;
  const title = `${release.service} ${release.version}: ${release.state}`;
  const page = html`<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'sha256-${styleHash}'; base-uri 'none'; form-action 'none'">
<meta name="referrer" content="no-referrer">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<title>${title}</title>
<style>${new Markup(style)}</style>
</head>
<body>
<main>
${head(report)}
${goneBack(report)}
${phases(report)}
${traffic(report)}
${report.canary === undefined ? "" : canarySections(report.canary, release.startedAt)}
${gates(report)}
${findings(report)}
${decisions(report)}
<p class="quiet">Made by Atoms on ${when(report.madeAt)} from the ledger${release.state === "running" ? ", while the release was running" : ""}. The same numbers: <code>atoms report ${release.id} --json</code>.</p>
</main>
</body>
</html>
`;
  return `<!doctype html>\n${page.text}`;
}

const tones: Record<Release["state"], string> = {
  running: "warn",
  released: "good",
  "rolled back": "warn",
  failed: "bad",
  aborted: "warn",
  unsafe: "bad",
};

function head(report: ReleaseReport): Markup {
  const { release } = report;
  const deployment = (one: Release["candidate"]) => {
    if (one === undefined) return html`none`;
    const link = report.links.find(({ url }) => url === one.address);
    const address =
      link === undefined ? one.address : html`<a href="${link.url}" rel="noreferrer">${link.url}</a>`;
    return html`<code>${one.id}</code> ${address}`;
  };
  const { startedBy: by } = release;
  return html`<header>
<p class="quiet">${release.strategy === "rollback" ? "Rollback" : "Release"} to ${release.environment} on ${release.platform}</p>
<h1>${release.service} ${release.version}</h1>
<p><span class="state ${tones[release.state] ?? "warn"}">${release.state}</span> after ${duration(report.took)}</p>
${release.because === undefined ? "" : html`<p class="lead">${release.because}</p>`}
<dl>
<dt>Release</dt><dd><code>${release.id}</code>, strategy ${release.strategy}</dd>
<dt>Started</dt><dd>${when(release.startedAt)} by ${by.name} (${by.kind}, ${by.via})</dd>
<dt>Ended</dt><dd>${release.endedAt === undefined ? `not yet; in ${release.phase}: ${release.activity?.doing ?? ""}` : when(release.endedAt)}</dd>
<dt>New deployment</dt><dd>${deployment(release.candidate)}</dd>
<dt>Before it</dt><dd>${deployment(release.previous)}</dd>
<dt>Source</dt><dd><code>${release.source === "" ? "none" : release.source.slice(0, 16)}</code></dd>
</dl>
</header>`;
}

function goneBack({ rollback, release }: ReleaseReport): Markup {
  if (rollback === undefined) return html``;
  const { problem } = rollback;
  const to = rollback.to === undefined ? "" : html` Traffic went back to <code>${rollback.to}</code>`;
  const took =
    rollback.ms === undefined ? "" : `, proven on every host ${duration(rollback.ms)} after the decision`;
  return html`<section class="box ${tones[release.state] ?? "warn"}">
<p><strong>${release.state === "aborted" ? "Why it ended" : "Why it went back"}</strong>: ${rollback.because}</p>
<p>Decided by ${rollback.by}.${to}${to === "" ? "" : `${took}.`}</p>
${
  problem === undefined
    ? ""
    : html`<p>${problem.title} (${problem.code}). ${problem.stillTrue}</p><p>Next: ${problem.fix}</p>`
}
</section>`;
}

function phases({ phases: all }: ReleaseReport): Markup {
  if (all.length === 0) return html``;
  const checks = ({ passed, warned, failed }: (typeof all)[number]["checks"]) =>
    [
      ...(passed > 0 ? [`${passed} passed`] : []),
      ...(warned > 0 ? [`${warned} with a warning`] : []),
      ...(failed > 0 ? [`${failed} failed`] : []),
    ].join(", ");
  return html`<h2>Phases</h2>
<div class="scroll"><table><thead><tr><th>Phase</th><th>Began</th><th class="number">Took</th><th>Checks</th><th>End</th></tr></thead><tbody>
${all.map(
  (
    one,
  ) => html`<tr><td>${one.phase}</td><td class="time">${timeOfDay(one.startedAt).slice(0, 8)}</td><td class="number">${duration(one.ms)}</td><td>${checks(one.checks)}</td><td>${one.state === "left" ? html`<span class="warn">did not get to its end</span>` : one.state}</td></tr>
`,
)}</tbody></table></div>`;
}

function traffic({ split, release, took }: ReleaseReport): Markup {
  const span = Math.max(took, 1);
  if (split.length < 2) return html``;
  const points = split.map(({ at, value }) => [at - release.startedAt, value] as const);
  const most = Math.max(...split.map(({ value }) => value));
  const says =
    most === 0
      ? "No traffic was moved to the new deployment."
      : `The new deployment got at most ${share(most)} of traffic, and has ${share(split.at(-1)?.value ?? 0)} ${release.state === "running" ? "now" : "at the end"}.`;
  return html`<h2>Traffic</h2>
<p>${says}</p>
${plotSvg({
  id: "split",
  title: "Share of traffic on the new deployment over time",
  says,
  x: { from: 0, to: span, ticks: timeTicks(span) },
  y: { from: 0, to: 1, ticks: [0, 0.25, 0.5, 0.75, 1].map((y) => [y, share(y)] as const) },
  lines: [{ name: "canary", points, steps: true }],
})}
<details><summary>As a table</summary><div class="scroll"><table><thead><tr><th>Since</th><th>After</th><th class="number">Share</th></tr></thead><tbody>
${split.slice(0, -1).map(
  ({
    at,
    value,
  }) => html`<tr><td class="time">${timeOfDay(at)}</td><td>${duration(at - release.startedAt)}</td><td class="number">${share(value)}</td></tr>
`,
)}</tbody></table></div></details>`;
}

const decisionRows = (all: readonly ReportDecision[]) =>
  all.map(
    (
      one,
    ) => html`<tr><td class="time">${timeOfDay(one.at)}</td><td class="wide">${one.kind}</td><td>${one.decisive ? html`<strong>${one.says}</strong>` : one.says}</td><td>${one.by === "atoms" ? html`<span class="quiet">atoms</span>` : one.by}</td></tr>
`,
  );

const decisionTable = (all: readonly ReportDecision[]) =>
  html`<div class="scroll"><table><thead><tr><th>Time (UTC)</th><th class="wide">Entry</th><th>What</th><th>By</th></tr></thead><tbody>
${decisionRows(all)}</tbody></table></div>`;

function gates({ gates: all }: ReleaseReport): Markup {
  return all.length === 0
    ? html``
    : html`<h2>Gates</h2>
${decisionTable(all)}`;
}

function findings({ findings: all }: ReleaseReport): Markup {
  if (all.length === 0) return html``;
  return html`<h2>What checks found</h2>
<div class="scroll"><table><thead><tr><th>Phase</th><th>Check</th><th>Outcome</th><th>Saw</th></tr></thead><tbody>
${all.map(
  (
    one,
  ) => html`<tr><td>${one.phase}</td><td>${one.title}</td><td><span class="${one.outcome === "warn" ? "warn" : "bad"}">${one.outcome}</span></td><td>${one.saw}${one.fix === undefined ? "" : html`<br><span class="quiet">${one.fix}</span>`}</td></tr>
`,
)}</tbody></table></div>`;
}

function decisions({ decisions: all, notShown, release }: ReleaseReport): Markup {
  return html`<h2>Decision log</h2>
${decisionTable(all)}
${notShown === 0 ? "" : html`<p class="quiet">${notShown} more entries: <code>atoms ledger --release ${release.id} --limit 10000</code></p>`}`;
}
