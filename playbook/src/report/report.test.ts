import { createHash } from "node:crypto";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { LedgerEntry, Release } from "../terms/index.js";
import { reportMarkdown, reportOf, reportPage } from "./index.js";
import { canaryLedger, endedCanary, ledgerOf, release } from "./ledger.contract.js";
import { style, styleHash } from "./style.js";

const made = (told: { release: Release; entries: LedgerEntry[] }) =>
  reportOf(told.release, told.entries, (told.release.endedAt ?? 0) + 60_000);

describe("a report on a canary", () => {
  it("that was taken back tells the phases, the traffic, the evidence, who and why", () => {
    const report = made(endedCanary({ bad: 0.06 }));
    expect(report.phases.map(({ phase, state }) => [phase, state])).toEqual([
      ["preflight", "done"],
      ["deploy", "done"],
      ["shift", "left"],
      ["rollback", "done"],
    ]);
    expect(report.phases[0]?.checks).toEqual({ passed: 1, warned: 1, failed: 0 });
    expect(report.findings).toMatchObject([
      { title: "Dependencies", outcome: "warn", fix: "`npm outdated`" },
    ]);
    expect(report.split.map(({ value }) => value)).toEqual([0, 0.1, 0.25, 0.5, 0.75, 0, 0]);
    expect(report.rollback).toMatchObject({ by: "atoms", ms: 184, to: release.previous?.id });
    expect(report.gates.map(({ says }) => says)).toEqual([
      "step 4 (75 %) goes back: error rate: requests that failed: 4.76% of 231, though at most 1% may fail",
    ]);
    const { canary } = report;
    expect(canary?.verdict.kind).toBe("fail");
    expect(canary?.looks).toBe(60);
    // The alarm is the last thing that was judged, and the line goes over the threshold there and nowhere before.
    const over = canary?.evidence.filter(({ value }) => value >= (canary?.report.threshold ?? 0));
    expect(over).toEqual([canary?.evidence.at(-1)]);
    expect(canary?.evidence.at(-1)?.at).toBe(canary?.report.failedAt);
    expect(canary?.measures.map(({ what, guardrails, limit }) => [what, guardrails, limit])).toEqual([
      ["requests that failed", ["error rate", "errors against stable"], 0.01],
      ["requests over 500 ms", ["p95 latency"], 0.05],
      ["p50 latency", ["latency against stable"], undefined],
      ["p95 latency", ["latency against stable"], undefined],
      ["p99 latency", ["latency against stable"], undefined],
    ]);
    expect(canary?.latencies?.stable.quantiles.map(({ q }) => q)).toEqual([0.5, 0.9, 0.95, 0.99]);
  });

  it("that runs is told up to now", () => {
    const { entries } = canaryLedger({ looks: 10 });
    const running: Release = { ...release, state: "running", phase: "shift", split: 0.25 };
    const report = reportOf(running, entries, release.startedAt + 52_000);
    expect(report.phases.at(-1)).toMatchObject({ phase: "shift", state: "running", ms: 50_000 });
    expect(report.took).toBe(52_000);
    expect(report.rollback).toBeUndefined();
    expect(reportPage(report)).toContain("while the release was running");
  });

  it("of 10,000 looks stays small, and leaves out no alarm", () => {
    const report = made(endedCanary({ looks: 10_000, seconds: 1, rate: 6, bad: 0.05 }));
    expect(report.canary?.buckets).toBe(10_000);
    expect(report.canary?.evidence.at(-1)?.at).toBe(report.canary?.report.failedAt);
    expect(reportPage(report).length).toBeLessThan(1_000_000);
    expect(JSON.stringify(report).length).toBeLessThan(2_000_000);
  });

  it("leaves out buckets that cannot be, as the release did", () => {
    const told = endedCanary({ looks: 8 });
    const broken = told.entries.map((entry, i) =>
      entry.kind === "analysis.observed" && i % 2 === 0
        ? { ...entry, data: { ...entry.data, buckets: [{ start: "now" }, 7, null] } }
        : entry,
    );
    expect(made({ ...told, entries: broken }).canary?.buckets).toBe(20);
  });
});

describe("a report on a release without a canary", () => {
  it.each(["standard", "blue-green", "rollback"] as const)("%s tells what there is", (strategy) => {
    const { entries, add } = ledgerOf();
    add("phase.started", { phase: "shift" }, 1);
    add("traffic.shifted", { to: release.candidate?.id, ms: 80 }, 2);
    add("phase.finished", { phase: "shift", ms: 1_000 }, 2);
    add("window.closed", { until: "Monday", because: "frozen" }, 3);
    const report = made({ release: { ...release, strategy, endedAt: release.startedAt + 5_000 }, entries });
    expect(report.canary).toBeUndefined();
    // A gate that this version knows nothing of is told all the same.
    expect(report.gates).toMatchObject([{ says: "until Monday · because frozen" }]);
    const page = reportPage(report);
    expect(page).not.toContain("Canary against stable");
    expect(page.includes('id="split-t"')).toBe(strategy !== "rollback");
    expect(reportMarkdown(report)).toContain("| shift | 1.0 s |");
  });

  it("that has hardly begun is a page too", () => {
    const page = reportPage(reportOf({ ...release, state: "running" }, [], release.startedAt));
    expect(page).toContain("Decision log");
  });
});

// What a browser makes of a page, without what it shows: names of elements and attributes in order.
const skeleton = (page: string) =>
  [...page.matchAll(/<(\/?[a-z][a-z0-9-]*)((?:\s+[a-z:-]+(?:="[^"]*")?)*)\s*\/?>/gi)].map((tag) => [
    tag[1],
    [...(tag[2] ?? "").matchAll(/([a-z:-]+)="[^"]*"/gi)].map((attribute) => attribute[1]),
  ]);

const hostile = fc.oneof(
  fc.string({ unit: "binary", minLength: 1, maxLength: 40 }),
  fc.constantFrom(
    "<script>alert(1)</script>",
    '"><img src=x onerror=alert(1)>',
    "' onload='alert(1)",
    "</style><script>x</script>",
    "STYLE $& $` $'",
    "]]><!--",
    "a | b\n| c `code` [x](javascript:alert(1)) @everyone #1",
    "\u202egnp.exe",
    "javascript:alert(1)",
    "\ud800",
  ),
);

function named(words: string): { release: Release; entries: LedgerEntry[] } {
  const { entries, add } = ledgerOf();
  const who = { kind: "person", name: words, via: "cli" } as const;
  add("phase.started", { phase: words, because: words }, 0);
  add("check.finished", { phase: words, title: words, outcome: "fail", saw: words, fix: words }, 1);
  add("approval.asked", { of: words, questions: [words, words] }, 2, who);
  add("deployment.created", { deployment: words, address: words }, 2);
  add("something.else", { a: words, b: [words] }, 3, who);
  add("rollback.decided", { to: words, because: words }, 4, who);
  add("release.ended", { state: words, because: words }, 5, who);
  return {
    entries,
    release: {
      ...release,
      id: words,
      service: words,
      environment: words,
      version: words,
      startedBy: who,
      state: "rolled back",
      because: words,
      endedAt: release.startedAt + 6_000,
      candidate: { id: words, address: "http://a.localhost" },
      previous: { id: words, address: `javascript:${words}` },
      problem: { code: words, title: words, happened: words, stillTrue: words, fix: words, ending: "failed" },
    },
  };
}

describe("whatever a release is called", () => {
  const plainPage = skeleton(reportPage(made(named("x"))));
  const plainText = reportMarkdown(made(named("x"))).split("\n");

  it("the page has the same elements and attributes: nothing gets out of its place", () => {
    fc.assert(
      fc.property(hostile, (words) => {
        expect(skeleton(reportPage(made(named(words))))).toEqual(plainPage);
      }),
    );
  });

  it("the page runs nothing, and links to the web alone", () => {
    for (const words of ["javascript:alert(1)", 'http://x" onclick="alert(1)']) {
      const told = named(words);
      const page = reportPage(
        made({ ...told, release: { ...told.release, candidate: { id: "dpl_1", address: words } } }),
      );
      expect(page).not.toMatch(/<a [^>]*href="(?!https?:)/);
      expect(skeleton(page).flatMap(([, names]) => names as string[])).not.toContain("onclick");
    }
    const page = reportPage(made(named("x")));
    expect(page).not.toMatch(
      /<(script|iframe|object|embed|link|img|form)\b|\sstyle=|\son[a-z]+=|url\(|@import/i,
    );
  });

  it("the Markdown keeps its lines and columns, calls nobody and makes no markup", () => {
    const bars = (line: string) => line.replace(/\\\|/g, "").split("|").length;
    fc.assert(
      fc.property(hostile, (words) => {
        const lines = reportMarkdown(made(named(words))).split("\n");
        expect(lines.map(bars)).toEqual(plainText.map(bars));
        const text = lines.join("\n");
        expect(text.replace(/<!-- -->|<\/?(details|summary)>/g, "")).not.toMatch(/<[a-z!/]/i);
        expect(text).not.toMatch(/@\w|(?<!\\)\]\(|(?<!^)#\d/);
      }),
    );
  });
});

describe("the page's looks", () => {
  it("are let in by the policy's digest", () => {
    const digest = createHash("sha256").update(style).digest("base64");
    expect(styleHash).toBe(digest);
    expect(reportPage(made(endedCanary({ looks: 4 })))).toContain(`style-src 'sha256-${digest}'`);
  });

  // Luminance and contrast as WCAG 2.2 defines them.
  const luminance = (hex: string) => {
    const [r, g, b] = [1, 3, 5].map((i) => {
      const c = Number.parseInt(hex.slice(i, i + 2), 16) / 255;
      return c <= 0.04045 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4;
    }) as [number, number, number];
    return 0.2126 * r + 0.7152 * g + 0.0722 * b;
  };
  const contrast = (a: string, b: string) => {
    const [high, low] = [luminance(a), luminance(b)].sort((x, y) => y - x) as [number, number];
    return (high + 0.05) / (low + 0.05);
  };
  const palettes = [...style.matchAll(/:root\{([^}]*)\}/g)].map((one) =>
    Object.fromEntries(
      [...(one[1] ?? "").matchAll(/--([a-z]+):(#[0-9a-f]{3,6})/g)].map(([, name = "", value = ""]) => [
        name,
        value.length === 4 ? value.replace(/[0-9a-f]/g, "$&$&") : value,
      ]),
    ),
  );

  it.each(["light", "dark", "print"].map((name, i) => ({ name, palette: palettes[i] ?? {} })))(
    "have enough contrast in $name",
    ({ palette }) => {
      for (const name of ["text", "quiet", "link", "canary", "stable", "bad", "good", "warn"])
        for (const ground of ["ground", "raised"]) {
          const ratio = contrast(palette[name] ?? "", palette[ground] ?? "");
          expect(ratio, `${name} on ${ground}`).toBeGreaterThanOrEqual(4.5);
        }
    },
  );
});
