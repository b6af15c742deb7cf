import { defineLook } from "../check.js";
import type { NumbersFinding } from "../model.js";

/** A mistyped counter reads like a service that nobody uses; it is found before there is a canary to judge by it. */
export const numbers = defineLook<NumbersFinding[]>({
  name: "numbers",
  title: "The canary's numbers can be read",
  wanted: (settings) => settings.numbers,
  applies: (ports) => ports.proveNumbers !== undefined,
  measure: async ({ ports, signal }) => (await ports.proveNumbers?.(signal)) ?? [],
  judge: (findings) => {
    const worst = (["fail", "error", "warn"] as const).find((outcome) =>
      findings.some((one) => one.outcome === outcome),
    );
    const evidence = Object.fromEntries(findings.map(({ counter, outcome }) => [counter, outcome]));
    const said = findings.filter((one) => worst === undefined || one.outcome === worst).map((one) => one.saw);
    const saw = said.join(" ");
    const fix = findings.find((one) => one.outcome === worst)?.fix;
    switch (worst) {
      case undefined:
        return { outcome: "pass", saw, evidence };
      case "warn":
        return {
          outcome: "warn",
          saw,
          fix: "Nothing needs doing; the first release moves all traffic at once.",
          evidence,
        };
      case "fail":
        return {
          outcome: "fail",
          saw,
          fix:
            fix ??
            "Put the selectors in canary.prometheus right (try them in Prometheus' own page), or set preflight.numbers: false.",
          evidence,
        };
      case "error":
        return {
          outcome: "error",
          saw,
          fix: fix ?? "Look at canary.prometheus.url and its headers, and whether Prometheus is up.",
          evidence,
        };
    }
  },
});
