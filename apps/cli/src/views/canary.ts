import type { Report } from "@atoms/playbook/statistics";
import type { Paint } from "../terminal/terminal.js";
import { guardrailTable } from "./replay.js";

/** What a canary's measurements have come to. */
export type CanaryView = { report: Report; level: number };

/** What is known of a canary now: each guardrail on both arms, with interval and evidence. */
export function canaryText({ report, level }: CanaryView, paint: Paint): string {
  const { canary, stable } = report.requests;
  const judged = `${Math.round(canary)} requests judged on the canary, ${Math.round(stable)} on stable`;
  return indent(`${guardrailTable(report, level)}\n${paint.dim(`${judged}; ${harm(report)}`)}`);
}

function harm({ logE, threshold }: Report): string {
  const share = Math.max(0, Math.min(1, logE / threshold));
  return `evidence of harm: ${Math.round(share * 100)} % of what takes it back`;
}

const indent = (text: string) => text.replace(/^/gm, "  ");
