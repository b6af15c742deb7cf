import type { ReleaseState } from "../terms/index.js";
import { fill } from "./placeholders.js";
import type { Notice } from "./ports.js";
import type { CommunicationPlan, PlannedMessage } from "./settings.js";

/** What a message can tell of a release. */
export type ReleaseFacts = {
  release: string;
  service: string;
  environment: string;
  /** Empty for a rollback by hand, which deploys nothing. */
  version: string;
  /** Address that users reach, where it is known. */
  address?: string | undefined;
};

/** The points of a release at which messages are planned. */
export type Stage = "start" | "released" | "rollback";

/** When a stage's messages are counted from. */
export type Timing = {
  /** Moment the plan is made, in milliseconds since the epoch; nothing is due before it. */
  now: number;
  /** T-0, the moment the traffic moves, planned or past; `now` when left out. */
  shiftAt?: number | undefined;
  /** Send everything at once, in the order of the plan, instead of at its times (`--now`). */
  compress?: boolean | undefined;
};

/** How a release ended; every final state of a release. */
export type EndState = Exclude<ReleaseState, "running">;

const none: CommunicationPlan = {
  pre_deployment: [],
  during_deployment: [],
  post_deployment: [],
  rollback: [],
};

/** How long before T-0 the first message must go out, in milliseconds; a release waits that long unless `--now`. */
export function leadTime(plan: CommunicationPlan = none): number {
  const offsets = plan.pre_deployment.map(({ timing }) => (timing === "immediate" ? 0 : -timing));
  return Math.max(0, ...offsets);
}

/**
 * The notices of one stage of a release, in the order in which they are due. Their keys depend on the release and the
 * place in the plan only, so that planning twice gives the same notices.
 */
export function noticesOf(
  plan: CommunicationPlan | undefined,
  stage: Stage,
  facts: ReleaseFacts & { because?: string | undefined },
  timing: Timing,
): Notice[] {
  const shiftAt = timing.shiftAt ?? timing.now;
  const due = ({ timing: moment }: PlannedMessage, immediately: number) =>
    timing.compress ? timing.now : moment === "immediate" ? immediately : shiftAt + moment;
  const at = (messages: readonly PlannedMessage[], immediately: number) =>
    messages.map((one) => ({ ...one, dueAt: Math.max(timing.now, due(one, immediately)) }));

  const { pre_deployment, during_deployment, post_deployment, rollback } = plan ?? none;
  const timed = {
    start: () => [...at(pre_deployment, timing.now), ...at(during_deployment, shiftAt)],
    released: () => at(post_deployment, timing.now),
    rollback: () => at(rollback, timing.now),
  }[stage]();

  // Compressed, the order of time is kept too: T-15 comes before T-10 wherever the file lists them.
  const order = (one: PlannedMessage) => (one.timing === "immediate" ? Number.NEGATIVE_INFINITY : one.timing);
  const numbered = timed.map((one, i) => ({ ...one, key: `${facts.release}/notice/${stage}/${i + 1}` }));
  numbered.sort((a, b) => a.dueAt - b.dueAt || (timing.compress ? compare(order(a), order(b)) : 0));
  return oneAfterAnother(
    numbered.map(({ key, channel, message, dueAt }) => ({
      ...told(facts),
      key,
      channel,
      text: fill(message, facts),
      dueAt,
    })),
  );
}

/**
 * The messages that set right what people were told when a release did not end as announced: one for every channel
 * that heard of the release.
 * @param heard Channels that were, or may have been, told that a deployment starts.
 * @param alerted Further channels, which heard of the rollback only.
 * @param now Milliseconds since the epoch; corrections go out at once.
 * @returns Nothing for a release that went as announced.
 */
export function corrections(
  heard: readonly string[],
  alerted: readonly string[],
  facts: ReleaseFacts & { because: string },
  state: EndState,
  now: number,
): Notice[] {
  if (state === "released") return [];
  const what = facts.version === "" ? facts.service : `Deployment of ${facts.service} ${facts.version}`;
  const ended = {
    "rolled back": `${what} in ${facts.environment} ended: rolled back.`,
    failed: `${what} in ${facts.environment} ended: failed before traffic moved.`,
    aborted: `${what} in ${facts.environment} ended: aborted before traffic moved.`,
    unsafe: `${what} in ${facts.environment} ended: not proven safe, a person must look at where traffic is.`,
  }[state];
  const holdEnds = state === "unsafe" ? "Please keep holding PRs." : "PRs can resume.";
  const listeners = new Set(heard);
  return oneAfterAnother(
    [...new Set([...heard, ...alerted])].map((channel, i) => ({
      ...told(facts),
      key: `${facts.release}/notice/ended/${i + 1}`,
      channel,
      text: [ended, sentence(facts.because), ...(listeners.has(channel) ? [holdEnds] : [])].join(" "),
      dueAt: now,
    })),
  );
}

/** Sets notices at least a millisecond apart, so that sorting by time keeps their order. */
export function oneAfterAnother(notices: readonly Notice[]): Notice[] {
  let last = Number.NEGATIVE_INFINITY;
  return notices.map((notice) => {
    last = Math.max(notice.dueAt, last + 1);
    return { ...notice, dueAt: last };
  });
}

const told = ({ release, service, environment }: ReleaseFacts) => ({ release, service, environment });
const compare = (a: number, b: number) => (a === b ? 0 : a < b ? -1 : 1);

function sentence(text: string): string {
  const trimmed = text.trim();
  if (trimmed === "") return "No reason was given.";
  return `${trimmed[0]?.toUpperCase()}${trimmed.slice(1)}${/[.!?]$/.test(trimmed) ? "" : "."}`;
}
