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
  const { now, compress = false } = timing;
  // Compressed, the plan is laid out in its full length first: T-15 comes before T-10 wherever the file lists them.
  const laidOut = stage === "start" ? now + leadTime(plan) : now;
  const shiftAt = compress ? laidOut : (timing.shiftAt ?? now);
  const due = (messages: readonly PlannedMessage[], immediately: number) =>
    messages.map(({ channel, message, timing: moment }) => ({
      channel,
      message,
      dueAt: Math.max(now, moment === "immediate" ? immediately : shiftAt + moment),
    }));

  const { pre_deployment, during_deployment, post_deployment, rollback } = plan ?? none;
  const messages = {
    start: () => [...due(pre_deployment, now), ...due(during_deployment, shiftAt)],
    released: () => due(post_deployment, now),
    rollback: () => due(rollback, now),
  }[stage]();

  const notices = messages.map(({ channel, message, dueAt }, i) => ({
    ...told(facts),
    key: `${facts.release}/notice/${stage}/${i + 1}`,
    channel,
    text: fill(message, facts),
    dueAt,
  }));
  notices.sort((a, b) => a.dueAt - b.dueAt);
  return oneAfterAnother(compress ? notices.map((one) => ({ ...one, dueAt: now })) : notices);
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

function sentence(text: string): string {
  const trimmed = text.trim();
  if (trimmed === "") return "No reason was given.";
  return `${trimmed[0]?.toUpperCase()}${trimmed.slice(1)}${/[.!?]$/.test(trimmed) ? "" : "."}`;
}
