import type { Problem } from "../../terms/index.js";
import type { OutageFacts, OutageLook, OutageMove, OutageVerdict, OutageWay } from "./model.js";
import {
  nameLeadsElsewhere,
  nothingIsOut,
  nowhereToMove,
  onlyTheDeployment,
  regionMistaken,
} from "./problems.js";
import { type DnsRecord, longestTtl, recordWords } from "./records.js";

const places = (looks: readonly OutageLook[]) =>
  looks
    .map(
      ({ url, saw, well, asked }) =>
        `${url} ${saw.replace(/\.$/, "")}${well > 0 ? ` (well ${well} of ${asked} times)` : ""}`,
    )
    .join("; ");

/**
 * Judges what an outage is. Users' own addresses count first: where all of them are well, nothing is out. An earlier deployment that
 * answers well from the same place, or a service that answers by itself, clears the place and leaves the deployment.
 */
export function judgeOutage({ platform, looks }: OutageFacts): OutageVerdict {
  const of = (...kinds: OutageLook["what"][]) => looks.filter(({ what }) => kinds.includes(what));
  const well = (some: readonly OutageLook[]) =>
    some.length > 0 && some.every(({ answer }) => answer === "well");
  const [outside, current, before] = [of("public", "host"), of("deployment"), of("earlier")];
  const earlier = before.flatMap(({ answer, deployment }) =>
    answer === "well" && deployment !== undefined ? [deployment] : [],
  );
  const verdict = (is: OutageVerdict["is"], because: string): OutageVerdict => ({ is, because, earlier });
  const ill = outside.filter(({ answer }) => answer !== "well");
  if (well(outside)) return verdict("well", `${places(outside)}.`);
  if (well(current))
    return verdict(
      "name",
      `What is served is well at its own address, and ${ill.length === 0 ? "no public address is known" : `not at ${places(ill)}`}.`,
    );
  if (earlier.length > 0)
    return verdict(
      "deployment",
      `${earlier.join(", ")} of before ${earlier.length === 1 ? "answers" : "answer"} well from the same place; ${places(current.length > 0 ? current : ill)}.`,
    );
  if (!platform.answers)
    return verdict(
      "platform",
      `The platform's interface does not answer (${platform.because.replace(/\.$/, "")}), and neither does what runs on it: ${places(ill.length > 0 ? ill : current) || "no address of it is known"}.`,
    );
  if (platform.deployment === undefined)
    return verdict("deployment", "The platform answers, and production serves nothing.");
  const sick = [...current, ...ill].find(({ answer }) => answer === "sick");
  if (sick !== undefined)
    return verdict(
      "deployment",
      `The service answers from where it runs, and is ill by its own word: ${places([sick])}.`,
    );
  return verdict(
    "region",
    `The platform's interface answers, and nothing that runs on it does: ${places([...current, ...ill])}.`,
  );
}

/** What the playbook gives a recovery to move with. */
export type OutageMeans = { regions: readonly string[]; standby: boolean };

/** A way that was chosen. */
export type ChosenWay = { way: "standby" } | { way: "regions"; region: string };

/**
 * Chooses how users are served again. A region that is out is left for another one where the platform's interface answers, because then
 * nothing has to reach users' resolvers; else the standby.
 * @param asked What a person wants, whatever was found: for a move that is planned, or when they know better.
 * @returns the way, or why there is none and what is the answer instead.
 */
export function chooseOutageWay(
  verdict: OutageVerdict,
  { platform }: Pick<OutageFacts, "platform">,
  means: OutageMeans,
  asked: { way?: OutageWay | undefined; region?: string | undefined } = {},
): ChosenWay | Problem {
  if (asked.way === undefined) {
    if (verdict.is === "well") return nothingIsOut({ because: verdict.because });
    if (verdict.is === "deployment")
      return onlyTheDeployment({ because: verdict.because, earlier: verdict.earlier });
    if (verdict.is === "name") return nameLeadsElsewhere({ because: verdict.because });
  }
  const runsIn = platform.answers ? (platform.regions ?? []) : [];
  const region = asked.region ?? means.regions.find((one) => !runsIn.includes(one));
  if (
    asked.way !== "standby" &&
    platform.answers &&
    platform.deployment !== undefined &&
    region !== undefined
  )
    return runsIn.includes(region)
      ? regionMistaken({ region, because: "it runs there already" })
      : { way: "regions", region };
  if (asked.way === "regions")
    return region === undefined
      ? nowhereToMove({ because: verdict.because })
      : regionMistaken({
          region,
          because: platform.answers
            ? "production serves nothing that could be deployed there"
            : "the platform's interface does not answer, so nothing can be deployed",
        });
  return means.standby ? { way: "standby" } : nowhereToMove({ because: verdict.because });
}

const first =
  "What was seen is written to the ledger, and an incident is opened (P1), or the one under way is joined.";
const last = "When the outage is over: `atoms recover service_outage --back`.";

/** What would be done to lead users to the standby, one sentence each. */
export function standbySteps(
  { name }: Pick<OutageFacts, "name">,
  standby: { url: string; records: readonly DnsRecord[] },
): string[] {
  const was = name?.read === true ? name.records : [];
  const led = name?.read === true && name.standby;
  return [
    first,
    `The standby has to say three times in a row at ${standby.url} that it is well.`,
    led
      ? `${name.name} leads to the standby already: ${recordWords(was)}.`
      : `${name?.name ?? "the name"} (${name?.where ?? ""}) is changed from ${recordWords(was)} to ${recordWords(standby.records)}, unless somebody else changes it before.`,
    `It is proven from outside: by the name servers, and by health through the name.${led || longestTtl(was) === 0 ? "" : ` Resolvers may keep the old answer for up to ${longestTtl(was)} s.`}`,
    last,
  ];
}

/** What would be done to move to another region, one sentence each. */
export function regionSteps(
  { platform }: Pick<OutageFacts, "platform">,
  region: string,
  standby: boolean,
): string[] {
  const { deployment = "what is served", regions = [] } = platform.answers ? platform : {};
  return [
    first,
    `The artefact of ${deployment}${regions.length === 0 ? "" : ` (${regions.join(", ")})`} is deployed to ${region}, with the variables as they are now.`,
    `It has to say three times in a row at its own address that it is well, and to answer from ${region}.${standby ? " If it does not, users are led to the standby." : ""}`,
    "Production is pointed at it, and proven well on every host.",
    last,
  ];
}

/** Reads the moves of the ledger. @returns the newest that was begun and not taken back. @param entries Oldest first. */
export function standingMove(
  entries: readonly { kind: string; release?: string | undefined; data: Readonly<Record<string, unknown>> }[],
): OutageMove | undefined {
  const back = new Set(
    entries.filter(({ kind }) => kind === "outage.returned").map(({ data }) => data["of"]),
  );
  const newest = entries.findLast(({ kind, release }) => kind === "outage.moving" && !back.has(release));
  if (newest?.release === undefined) return undefined;
  return { ...(newest.data as Omit<OutageMove, "release">), release: newest.release } as OutageMove;
}
