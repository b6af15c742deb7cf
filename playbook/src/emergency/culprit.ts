import { formatDuration } from "../terms/index.js";
import { type Change, type Culprit, type EmergencySight, type HostHealth, seenOf } from "./model.js";

/** A trouble that begins this long after traffic moved, or sooner, is put down to it; in milliseconds. */
const soonMs = 30 * 60_000;
/** Clocks of the platform, of the service and of Atoms may be this far apart, in milliseconds. */
const apartMs = 5_000;

/** What speaks of trouble, and when people or rules have noticed it. */
type Trouble = { bad: HostHealth[]; signs: string[]; noticed: number[] };

/**
 * Says what most likely did it, by one rule: what changed last before the trouble began, if it changed what users get. Rules
 * are tried from the one that is surest; what cannot be seen is no proof of anything.
 * @param changes What changed in the last hour, oldest first.
 */
export function likelyCulprit(sight: EmergencySight, changes: readonly Change[]): Culprit {
  const trouble = troubleOf(sight);
  for (const rule of [
    deadPlatform,
    underWay,
    closedOnPurpose,
    noTrouble,
    someHosts,
    lastMove,
    fromOutside,
    variables,
  ]) {
    const found = rule(sight, changes, trouble);
    if (found !== undefined) return found;
  }
  return nothingChanged(sight, changes, trouble);
}

type Rule = (sight: EmergencySight, changes: readonly Change[], trouble: Trouble) => Culprit | undefined;

function troubleOf(sight: EmergencySight): Trouble {
  const hosts = seenOf(sight.hosts) ?? [];
  const bad = hosts.filter(({ ok }) => !ok);
  const alerts = seenOf(sight.alerts) ?? [];
  const incidents = seenOf(sight.incidents) ?? [];
  const lines = seenOf(sight.errors)?.lines ?? [];
  return {
    bad,
    signs: [
      ...(bad.length === 0 ? [] : [`${bad.length} of ${hosts.length} hosts are not well`]),
      ...(alerts.length === 0 ? [] : [`firing: ${few(alerts.map(({ rule }) => rule))}`]),
      ...(lines.length === 0
        ? []
        : [`${lines.length} error lines, the first ${sinceText(sight, lines[0]?.at)}`]),
      ...(incidents.length === 0 ? [] : [`open: ${few(incidents.map(({ title }) => title))}`]),
    ],
    noticed: [...alerts.map(({ activeAt }) => activeAt), ...incidents.map(({ openedAt }) => openedAt)],
  };
}

/**
 * When the trouble that may be the doing of something was noticed first. Undefined when all of it was noticed before, which
 * clears the suspect; the moment of the look when nobody has noticed anything yet.
 */
function noticedAfter({ noticed }: Trouble, began: number, now: number): number | undefined {
  if (noticed.length === 0) return now;
  const after = noticed.filter((at) => at >= began - apartMs);
  return after.length === 0 ? undefined : Math.min(...after);
}

const deadPlatform: Rule = (sight, _changes, { bad }) => {
  if (sight.production.is === "seen" || sight.deployments.is === "seen") return undefined;
  const hosts = seenOf(sight.hosts) ?? [];
  if (hosts.length > 0 && bad.length < hosts.length) return undefined;
  return {
    kind: "platform",
    id: sight.platform,
    says: `The platform ${sight.platform} itself, or the way to it.`,
    because: [
      `it does not answer: ${sight.production.because}`,
      hosts.length === 0 ? "no host could be asked" : "no host answers as it should",
    ],
    sure: "likely",
    advice: "escalate",
  };
};

/** A release that users already get is the first suspect: it is the change that is going on. */
const underWay: Rule = (sight, _changes, trouble) => {
  const running = seenOf(sight.releases)?.running;
  if (running === undefined || running.strategy === "rollback" || running.split === 0) return undefined;
  const { signs } = trouble;
  if (signs.length === 0 || noticedAfter(trouble, running.startedAt, sight.at) === undefined)
    return undefined;
  return {
    kind: "release under way",
    id: running.id,
    says: `The release ${running.version} that is under way.`,
    because: [
      `${Math.round(running.split * 100)} % of traffic is on ${running.candidate?.id ?? "its deployment"}, in ${running.phase}`,
      ...signs,
    ],
    sure: "likely",
    advice: "rollback",
  };
};

/** Hosts that turn users away because somebody has closed the door are not broken. */
const closedOnPurpose: Rule = ({ door }, _changes, { bad, signs }) => {
  const said = seenOf(door);
  if (said?.is !== "closed" || !bad.every(({ saw }) => /maintenance/i.test(saw))) return undefined;
  const { because, until } = said;
  return {
    kind: "maintenance",
    says: `The door is closed on purpose${because === undefined ? "" : `: ${because}`}.`,
    because: [...(until === undefined ? [] : [`until ${until} at the latest`]), ...signs],
    sure: "likely",
  };
};

const noTrouble: Rule = (sight, _changes, { signs }) => {
  if (signs.length > 0 || sight.hosts.is === "dead") return undefined;
  const hosts = seenOf(sight.hosts) ?? [];
  if (hosts.length === 0) return undefined;
  return {
    kind: "nothing wrong",
    says: "nothing is wrong.",
    because: [
      `${hosts.length === 1 ? "the host answers" : `all ${hosts.length} hosts answer`} as ${hosts.length === 1 ? "it" : "they"} should`,
    ],
    sure: "possible",
  };
};

/** Hosts that lead to the same deployment and do not answer alike differ in what lies before it. */
const someHosts: Rule = (sight, _changes, { bad }) => {
  const hosts = seenOf(sight.hosts) ?? [];
  const [first] = bad;
  if (first === undefined || bad.length === hosts.length) return undefined;
  return {
    kind: "some hosts",
    id: first.host,
    says: `What lies before the service on ${few(bad.map(({ host }) => host))}: name, certificate, or where the host leads.`,
    because: bad.slice(0, 3).map(({ host, saw }) => `${host}: ${saw}`),
    sure: "possible",
    advice: "escalate",
  };
};

const lastMove: Rule = (sight, changes, trouble) => {
  // A restart gives users what they had.
  const restarts = (seenOf(sight.releases)?.past ?? []).filter(({ strategy }) => strategy === "restart");
  const move = changes.findLast(
    ({ what, says, release }) =>
      (what === "traffic" && !restarts.some(({ id }) => id === release)) ||
      (what === "rollback" && !says.startsWith("back to")),
  );
  if (move === undefined) return undefined;
  const first = noticedAfter(trouble, move.at, sight.at);
  if (first === undefined || first - move.at > soonMs) return undefined;
  const serves = move.deployment === undefined ? "" : ` of ${move.deployment}`;
  const back = move.what === "rollback";
  const id = move.release ?? move.deployment;
  return {
    kind: back ? "rollback" : "last release",
    ...(id === undefined ? {} : { id }),
    says: back
      ? `The rollback${serves} has not helped, or is itself the trouble.`
      : `The last release${serves}${move.release === undefined ? "" : ` (${move.release})`}.`,
    because: [
      `${move.says}, ${ago(sight.at - move.at)}${move.by === undefined ? "" : `, by ${move.by}`}`,
      trouble.noticed.length === 0
        ? "nothing else moved traffic since"
        : `the trouble was noticed ${began(first - move.at)}`,
      ...trouble.signs,
    ],
    sure: back ? "possible" : "likely",
    advice: back ? "restart" : "rollback",
  };
};

/** Production serves what Atoms did not put there. */
const fromOutside: Rule = (sight, changes) => {
  const serving = seenOf(sight.production)?.deployment;
  const made = changes.find(
    ({ what, outside, deployment }) =>
      what === "deployment" && outside === true && deployment === serving?.id,
  );
  if (serving === undefined || made === undefined) return undefined;
  return {
    kind: "deployment from outside",
    id: serving.id,
    says: `${serving.id}, which was put into production past Atoms.`,
    because: [`it was made ${ago(sight.at - made.at)}, by no release of Atoms, and production serves it`],
    sure: "likely",
    advice: "rollback",
  };
};

/** A variable reaches what is made after it: it is a suspect when what is served is younger. */
const variables: Rule = (sight, changes) => {
  const serving = seenOf(sight.production)?.deployment;
  const written = changes.findLast(({ what }) => what === "variable");
  if (written === undefined || serving === undefined || serving.createdAt < written.at) return undefined;
  return {
    kind: "variable",
    says: "A variable that was written before what is served was made.",
    because: [written.says, `${serving.id} was made ${ago(sight.at - serving.createdAt)}`],
    sure: "possible",
    advice: "rollback",
  };
};

/** What is left when no change is to blame. */
function nothingChanged(sight: EmergencySight, changes: readonly Change[], { signs }: Trouble): Culprit {
  const blind = sight.changed.is === "dead" || sight.production.is === "dead";
  if (signs.length === 0)
    return {
      kind: "unknown",
      says: "Too little can be seen to say.",
      because: blind ? ["what changed cannot be read"] : [],
      sure: "no idea",
      advice: "escalate",
    };
  const lately = changes.filter(({ what }) => what === "traffic" || what === "rollback");
  return {
    kind: blind ? "unknown" : "not a change",
    says: blind
      ? "It cannot be told: what changed cannot be read."
      : "Not a change that Atoms knows of: something that the service depends on, or something that ran out.",
    because: [
      ...(blind
        ? []
        : [
            lately.length === 0
              ? "no traffic moved in the last hour"
              : "the trouble was noticed before traffic moved, or long after",
          ]),
      ...signs,
    ],
    sure: blind ? "no idea" : "possible",
    advice: blind ? "escalate" : "restart",
  };
}

const long = (ms: number) => formatDuration(Math.max(1_000, Math.round(ms / 1_000) * 1_000));
const ago = (ms: number) => `${long(ms)} ago`;
const began = (ms: number) => (ms <= 1_000 ? "at the same moment" : `${long(ms)} later`);
const sinceText = ({ at }: EmergencySight, since = at) => ago(at - since);
const few = (all: readonly string[], most = 3) =>
  `${all.slice(0, most).join(", ")}${all.length > most ? ` and ${all.length - most} more` : ""}`;
