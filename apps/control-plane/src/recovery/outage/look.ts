import {
  type HttpResult,
  isProblem,
  type OutageFacts,
  type OutageLook,
  type Platform,
  sameRecords,
} from "@atoms/playbook";
import type { ControlPlane, OpenPlaybook } from "../../control-plane.js";
import { probeHeaders } from "../../probe-headers.js";
import {
  judgeAnswer,
  outageSettingsOf,
  provenPath,
  publicUrlOf,
  standbyRecords,
  throughName,
} from "./outside.js";
import { dnsOf } from "./provider.js";

const asks = 3;
const betweenMs = 300;
const answerMs = 5_000;
const platformMs = 15_000;
const earlierAsked = 2;

/** A platform that may be away: what is asked of it, or why it does not answer. */
async function askPlatform(open: OpenPlaybook, signal: AbortSignal) {
  try {
    // The local cloud is not started: whether it is there is the question.
    const platform = await open.platform({ start: false });
    const found = await platform.production(AbortSignal.any([signal, AbortSignal.timeout(platformMs)]));
    return { platform, found };
  } catch (error) {
    signal.throwIfAborted();
    return { because: isProblem(error) ? error.happened : `no answer within ${platformMs / 1_000} s` };
  }
}

/**
 * Asks everything that can be asked from outside, each address several times: users' own, every host of production, the serving
 * deployment's own, two of before, and the standby; and the platform, and whoever keeps the records. What does not answer is an answer.
 */
export async function lookAtOutage(
  plane: ControlPlane,
  open: OpenPlaybook,
  signal: AbortSignal,
): Promise<OutageFacts> {
  const { standby, dns } = outageSettingsOf(open);
  const [said, name, { http: named }, { releases }] = await Promise.all([
    askPlatform(open, signal),
    readName(plane, open, signal),
    throughName(plane, open, signal),
    plane.store(),
  ]);
  const serving = "found" in said ? said.found.deployment : undefined;
  const proven = await releases.proven(open.service, open.environment, earlierAsked + 1);
  // While the platform is away, what was proven last is what it served.
  const current =
    serving ??
    ("found" in said ? undefined : proven.map(({ deployment: id, address }) => ({ id, address }))[0]);
  const before = proven.filter(({ deployment }) => deployment !== current?.id).slice(0, earlierAsked);
  const headers = headersFor(open, "platform" in said ? said.platform : undefined);
  const path = provenPath(open, "health");
  const address = publicUrlOf(open);
  const ask = (what: OutageLook["what"], url: string, deployment?: string) =>
    askOften(plane, open, { what, url, path, headers, proof: "health" }, signal).then(
      (look): OutageLook => (deployment === undefined ? look : { ...look, deployment }),
    );
  const looks = await Promise.all([
    ...(address === undefined
      ? []
      : [
          askOften(
            { ...plane, http: named },
            open,
            { what: "public", url: address, path, headers, proof: "health" },
            signal,
          ),
        ]),
    ...("found" in said
      ? said.found.hosts.filter((host) => host !== address).map((host) => ask("host", host))
      : []),
    ...(current === undefined ? [] : [ask("deployment", current.address, current.id)]),
    ...before.map(({ deployment, address: own }) => ask("earlier", own, deployment)),
    ...(standby === undefined
      ? []
      : [
          askOften(
            plane,
            open,
            {
              what: "standby",
              url: standby.url.replace(/\/$/, ""),
              path: provenPath(open, standby.proof),
              headers,
              proof: standby.proof,
            },
            signal,
          ),
        ]),
  ]);
  return {
    platform:
      "found" in said
        ? {
            answers: true,
            ...(serving === undefined ? {} : { deployment: serving.id }),
            ...(serving?.regions === undefined ? {} : { regions: [...serving.regions] }),
          }
        : { answers: false, because: open.secrets.redact(said.because ?? "") },
    looks,
    ...(dns === undefined || name === undefined ? {} : { name }),
  };
}

/** What a question carries; without the platform, only what the playbook says. */
export const headersFor = (open: OpenPlaybook, platform: Pick<Platform, "passHeaders"> | undefined) =>
  probeHeaders(platform ?? { passHeaders: () => ({}) }, open.settings);

async function readName(
  plane: ControlPlane,
  open: OpenPlaybook,
  signal: AbortSignal,
): Promise<OutageFacts["name"]> {
  const { dns } = outageSettingsOf(open);
  if (dns === undefined) return undefined;
  const provider = dnsOf(plane, open, dns);
  const { name } = dns;
  const { where } = provider;
  try {
    const records = await provider.read(name, signal);
    const to = standbyRecords(open);
    return { name, where, read: true, records, standby: to.length > 0 && sameRecords(records, to) };
  } catch (error) {
    signal.throwIfAborted();
    const because = isProblem(error) ? error.happened.slice(`${where}: `.length) : String(error);
    return { name, where, read: false, because: open.secrets.redact(because) };
  }
}

/** Asks one address several times, with short waits: one answer says little of a place that comes and goes. */
async function askOften(
  { http, clock }: Pick<ControlPlane, "http" | "clock">,
  open: OpenPlaybook,
  {
    what,
    url,
    path,
    headers,
    proof,
  }: {
    what: OutageLook["what"];
    url: string;
    path: string;
    headers: Record<string, string>;
    proof: "health" | "answer";
  },
  signal: AbortSignal,
): Promise<OutageLook> {
  let well = 0;
  let worst: Pick<OutageLook, "answer" | "saw"> | undefined;
  let last = "";
  for (let asked = 1; asked <= asks; asked++) {
    const result = await http.send({ url: url + path, headers, timeoutMs: answerMs }, signal);
    signal.throwIfAborted();
    const { right, saw } = judgeAnswer(open, result, proof);
    last = saw;
    if (right) well++;
    else worst = { answer: answerOf(result), saw: bySource(result, saw) };
    if (asked < asks) await clock.sleep(betweenMs, signal);
  }
  return { what, url, asked: asks, well, ...(worst ?? { answer: "well", saw: last }) };
}

/** The platform signs what it answers in the service's place. */
function answerOf(result: HttpResult): OutageLook["answer"] {
  if (!result.answered) return "silent";
  return result.headers["x-vercel-error"] === undefined ? "sick" : "edge";
}

const bySource = (result: HttpResult, saw: string): string => {
  const code = result.answered ? result.headers["x-vercel-error"] : undefined;
  return code === undefined || !result.answered ? saw : `the platform answers ${result.status} (${code})`;
};
