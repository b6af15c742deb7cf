import type { BreachPlan, LedgerEntry } from "@atoms/playbook";
import type { Paint } from "../terminal/terminal.js";
import { tableText } from "./table.js";
import { howLong, when } from "./words.js";

/** What would be done after a breach, in its order. */
export function breachPlanText(plan: BreachPlan, paint: Paint): string {
  const { secrets, serves, evidence, credentials, checklist, attackMode, old } = plan;
  const open = secrets.filter(({ kind }) => kind === "manual");
  return [
    `1. Evidence is kept first: logs, deployments and the whole ledger, with checksums, in ${evidence}`,
    "2. An incident is opened (P1), or the one under way is joined.",
    ...(attackMode === undefined
      ? []
      : [
          `   The platform's attack mode goes on for ${howLong(attackMode.lasts)} at the most${attackMode.ends === "recovery" ? ", and off when this is through" : ""}: visitors that it does not know are challenged.`,
        ]),
    "3. These get new values:",
    indented(
      tableText(secrets, [
        { head: "VARIABLE", of: ({ variable }) => variable },
        {
          head: "ON THE PLATFORM",
          of: ({ there }) => (there ? "yes" : paint.yellow("not yet")),
        },
        {
          head: "NEW VALUE",
          of: ({ does, kind, made }) =>
            kind === "manual"
              ? made
                ? "as it was given"
                : paint.yellow(`by people: ${does} (--given)`)
              : `${does}${made ? paint.yellow(" (made by an earlier try, used again)") : ""}`,
        },
      ]),
    ),
    serves === undefined
      ? paint.red("4. Production serves nothing, so nothing can be deployed again.")
      : `4. What production serves (${serves}) is built once more with them, proven well, and gets production.`,
    `5. What came in by old ones is ended: sessions of databases, and ${credentials === 1 ? "1 token, session or link" : `${credentials} tokens, sessions and links`} of Atoms.`,
    ...oldWords(old, paint),
    "",
    paint.bold("Left to people:"),
    ...open.filter(({ made }) => !made).map(({ variable, does }) => `  - ${variable}: ${does}`),
    ...checklist.map((line) => `  - ${line}`),
  ].join("\n");
}

const fewHosts = 5;

/** What becomes of the deployments made before. */
function oldWords({ policy, count, more, hosts }: BreachPlan["old"], paint: Paint): string[] {
  const many = `${more ? "more than " : ""}${count} by now`;
  if (policy === "keep")
    return [`6. Deployments made before are kept, ${many} (recovery.security_breach.old_deployments).`];
  return [
    `6. ${paint.red("Deployments made before are removed for good")}: ${many}, with what serves now. No rollback leads to them any more, nor does the platform's own.`,
    ...(hosts.length === 0
      ? []
      : [
          `   These lead to one of them, and to nothing afterwards: ${hosts.slice(0, fewHosts).join(", ")}${hosts.length > fewHosts ? ` and ${hosts.length - fewHosts} more` : ""}.`,
        ]),
  ];
}

const indented = (text: string) =>
  text
    .split("\n")
    .map((line) => `   ${line}`)
    .join("\n");

const text = (value: unknown): string => (typeof value === "string" ? value : "");
const count = (value: unknown): number => (Array.isArray(value) ? value.length : 0);

/** An event of a recovery from a breach in a few words; `bad` when it is a warning. */
export function breachWords(kind: string, data: LedgerEntry["data"]): { words: string; bad: boolean } {
  const variable = text(data["variable"]);
  if (kind === "breach.evidence") {
    const missing = Array.isArray(data["missing"]) ? data["missing"].map(text) : [];
    const whole = data["intact"] === true;
    return {
      words: `evidence is in ${text(data["folder"])}: ${count(data["files"])} files${whole ? "" : "; the ledger's chain is BROKEN"}${missing.length === 0 ? "" : `; missing: ${missing.join("; ")}`}`,
      bad: !whole || missing.length > 0,
    };
  }
  if (kind === "breach.removed") {
    const refused = count(data["refused"]);
    return {
      words: `${count(data["deployments"])} deployments with the old values removed${refused === 0 ? "" : `; ${refused} refused`}`,
      bad: refused > 0,
    };
  }
  if (kind === "breach.set") return { words: `${variable} is set for later deployments`, bad: false };
  const is = text(data["is"]);
  if (kind === "breach.attack-mode") return attackModeWords(is, data);
  return {
    words:
      is === "open"
        ? `${variable} is left to people: ${text(data["does"])}`
        : `${variable} ${is === "made" ? "has a new value" : is === "given" ? "has the value that was given" : "has the new value that an earlier try made"}`,
    bad: is === "open",
  };
}

function attackModeWords(is: string, data: LedgerEntry["data"]): { words: string; bad: boolean } {
  const until = typeof data["until"] === "number" ? ` until ${when(data["until"])}` : "";
  const because = text(data["because"]);
  switch (is) {
    case "on":
      return { words: `attack mode is on${until}: unknown visitors are challenged`, bad: false };
    case "by others":
      return { words: `attack mode was on already${until}, and stays so`, bad: false };
    case "off":
      return { words: "attack mode is off again", bad: false };
    default:
      return {
        words: `attack mode was not switched ${is === "refused" ? "on" : "off"}: ${because}`,
        bad: true,
      };
  }
}

/** How a recovery from a breach ended. */
export function breachEndText({ data }: LedgerEntry, paint: Paint): string {
  if (data["state"] !== "released") return "";
  const { rotated, open, rtoMs, evidence, incident } = data;
  return [
    `${paint.green("New secrets")}: ${count(rotated)} rotated${count(open) === 0 ? "" : `, ${count(open)} left to people`}, after ${howLong(typeof rtoMs === "number" ? rtoMs : 0)}.`,
    `Evidence: ${text(evidence)}`,
    ...(text(incident) === ""
      ? []
      : [`Incident: ${text(incident)} (\`atoms incident show ${text(incident)}\`)`]),
  ].join("\n");
}
