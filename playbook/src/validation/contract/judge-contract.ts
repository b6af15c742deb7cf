import { formatDuration } from "../../terms/duration.js";
import type { Finding } from "../../terms/index.js";
import type { ContractChange, ContractComparison } from "./model.js";
import type { ContractPolicy, ContractSettings } from "./settings.js";

/** What a comparison comes to under a playbook's policies. Plain data. */
export type ContractJudgement = {
  /** One per change that is not let pass, the gravest first, or a single pass. */
  findings: Finding[];
  /** What a person has to approve, in short sentences; empty when nothing. */
  asks: string[];
  /** What ends the release whatever anybody says; empty when nothing. */
  fails: string[];
};

/** Findings beyond this many are counted and not told: a service that changed altogether is one finding. */
const mostFindings = 50;

const title = "The tools are what clients have learnt";

/** Judges what changed. Pure. @param ms How long it took to find out, for the findings. */
export function judgeContract(
  compared: ContractComparison,
  settings: ContractSettings,
  ms: number,
): ContractJudgement {
  const finding = (outcome: Finding["outcome"], saw: string, more: Partial<Finding> = {}): Finding => ({
    check: "mcp-contract",
    title,
    outcome,
    saw,
    ms,
    ...more,
  });
  if (compared.nothing !== undefined)
    return {
      findings: [finding("pass", `Nothing to compare with: ${compared.nothing}.`)],
      asks: [],
      fails: [],
    };
  if (compared.unread !== undefined) {
    const saw = `The contract could not be compared: ${compared.unread}`;
    const made = {
      findings: [finding(outcomeOf[settings.unread], `${saw}.`, { fix: fixFor(settings.unread, "unread") })],
    };
    return {
      ...made,
      asks: settings.unread === "approve" ? [saw] : [],
      fails: settings.unread === "fail" ? [saw] : [],
    };
  }
  const told = compared.changes.filter((change) => settings[change.class] !== "pass");
  const by = (policy: ContractPolicy) =>
    told.filter((change) => settings[change.class] === policy).map(changeText);
  const findings = told.slice(0, mostFindings).map((change) => {
    const policy = settings[change.class];
    return finding(outcomeOf[policy], `${changeText(change)}${keptFor(change, compared)}.`, {
      check: `mcp-contract ${change.class}`,
      fix: fixFor(policy, change.class),
      evidence: {
        class: change.class,
        tool: change.tool,
        path: change.path,
        policy,
        ttl_ms: compared.ttlMs.stable,
      },
    });
  });
  if (told.length > mostFindings) {
    const rest = told.length - mostFindings;
    findings.push(finding("warn", `And ${rest} more changes; \`atoms contract\` lists them all.`));
  }
  if (told.length === 0) {
    const more = compared.changes.length;
    const { candidate } = compared.tools;
    const saw = `${candidate} ${candidate === 1 ? "tool" : "tools"}, nothing that clients would miss${more > 0 ? `; ${more} ${more === 1 ? "thing is" : "things are"} new` : ""}.`;
    findings.push(
      finding("pass", saw, { evidence: { tools: candidate, changes: more, ttl_ms: compared.ttlMs.stable } }),
    );
  }
  return { findings, asks: by("approve"), fails: by("fail") };
}

/** A change as one sentence without its full stop. */
export function changeText(change: ContractChange): string {
  if (change.class === "protocol") return change.saw;
  return `${change.tool}: ${change.path === "" ? "" : `${change.path} `}${change.saw}`;
}

const outcomeOf: Record<ContractPolicy, Finding["outcome"]> = {
  pass: "pass",
  warn: "warn",
  approve: "warn",
  fail: "fail",
};

/** How long clients go on using what is gone: they keep the list they have, and no rollback or release reaches it. */
function keptFor({ class: of }: ContractChange, { ttlMs }: ContractComparison): string {
  if (!["removed", "renamed", "narrowed"].includes(of) || ttlMs.stable === null || ttlMs.stable === 0)
    return "";
  return `; clients may go on using their cached list for ${formatDuration(ttlMs.stable)} after the switch`;
}

function fixFor(policy: ContractPolicy, key: string): string {
  const setting = `\`validation.contract.${key}\``;
  if (policy === "approve")
    return `A person says \`atoms approve\` if it is meant so; ${setting} is approve.`;
  if (policy === "fail")
    return `Keep the old form beside the new one until its clients are gone; ${setting} is fail.`;
  return `Nothing to do if it is meant so; ${setting} is warn.`;
}
