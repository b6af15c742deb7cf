import type { LedgerEntry, OutageLook, OutagePlan, OutageVerdict } from "@atoms/playbook";
import type { Paint } from "../terminal/terminal.js";
import { tableText } from "./table.js";
import { howLong } from "./words.js";

const places: Record<OutageLook["what"], string> = {
  public: "users' address",
  host: "production host",
  deployment: "what is served",
  earlier: "one of before",
  standby: "standby",
};

const titles: Record<OutageVerdict["is"], string> = {
  well: "Nothing is out",
  deployment: "Only the deployment is ill",
  name: "The name does not lead there",
  region: "Nothing answers from where it runs",
  platform: "The platform is out",
};

const text = (value: unknown): string => (typeof value === "string" ? value : "");

/** What was seen from outside, the judgement, and what would be done. */
export function outagePlanText({ facts, verdict, refused, steps }: OutagePlan, paint: Paint): string {
  const { platform, looks, name } = facts;
  const records =
    name === undefined
      ? "Records: the playbook does not say who keeps them."
      : name.read
        ? `Records of ${name.name}: ${name.records.map(({ type, value, ttl }) => `${type} ${value} (${ttl} s)`).join(", ") || "none"}${name.standby ? paint.yellow(", the standby's") : ""}`
        : `Records of ${name.name}: ${paint.red(`not read: ${name.where}: ${name.because}`)}`;
  const table = tableText(looks, [
    { head: "ASKED", of: ({ what }) => places[what] },
    { head: "AT", of: ({ url }) => url },
    {
      head: "WELL",
      of: ({ well, asked, answer }) =>
        answer === "well" ? paint.green(`${well} of ${asked}`) : paint.red(`${well} of ${asked}`),
    },
    { head: "SAW", of: ({ saw }) => saw },
  ]);
  return [
    ...(looks.length === 0 ? [] : [table]),
    `Platform: ${platform.answers ? `its interface answers${platform.regions === undefined ? "" : `; what is served runs in ${platform.regions.join(", ")}`}` : paint.red(platform.because)}`,
    records,
    "",
    `${paint.bold(titles[verdict.is])}. ${verdict.because}`,
    ...(refused === undefined
      ? ["", "What would be done:", ...steps.map((step, i) => `  ${i + 1}. ${step}`)]
      : ["", `${paint.yellow(refused.code)} ${refused.fix}`]),
  ].join("\n");
}

/** An event of a recovery from an outage in a few words; `bad` when it is a warning. */
export function outageWords(kind: string, data: LedgerEntry["data"]): { words: string; bad: boolean } {
  const list = (of: unknown) =>
    (Array.isArray(of) ? (of as { type?: string; value?: string }[]) : [])
      .map(({ type, value }) => `${type} ${value}`)
      .join(", ") || "no record";
  switch (kind) {
    case "outage.evidence": {
      const verdict = data["verdict"] as Partial<OutageVerdict> | undefined;
      return { words: verdict?.because ?? "", bad: false };
    }
    case "outage.left":
      return {
        words: `no move to ${text(data["region"])}: ${text(data["because"])}`,
        bad: true,
      };
    case "outage.moved":
      return {
        words: `${text(data["name"])}: ${list(data["was"])} became ${list(data["to"])}`,
        bad: false,
      };
    default: {
      const ms = data["ms"];
      const proven = data["proven"] === true;
      return {
        words: `${proven ? "seen" : "NOT seen"} from outside after ${howLong(typeof ms === "number" ? ms : 0)}`,
        bad: !proven,
      };
    }
  }
}

/** How a recovery from an outage ended. */
export function outageEndText({ data }: LedgerEntry, paint: Paint): string {
  if (data["state"] !== "released") return "";
  const { rtoMs, met, incident } = data;
  return [
    ...(typeof rtoMs === "number"
      ? [
          `${met === true ? paint.green("Within the target") : paint.yellow("Beyond the target")}: users are served again after ${howLong(rtoMs)}.`,
        ]
      : [paint.green("Users are led back.")]),
    ...(text(incident) === ""
      ? []
      : [`Incident: ${text(incident)} (\`atoms incident show ${text(incident)}\`)`]),
  ].join("\n");
}
