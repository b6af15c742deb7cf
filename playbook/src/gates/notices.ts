import { timeText, type Waiting } from "../terms/index.js";
import type { GateSubject, Question } from "./model.js";
import type { GateSettings } from "./settings.js";

/** A message that a release waits: a notice of the outbox. */
export type GateNotice = {
  key: string;
  service: string;
  environment: string;
  release: string;
  channel: string;
  text: string;
  /** Milliseconds since the epoch. */
  dueAt: number;
  thread: string;
  title: string;
  severity: "low" | "medium";
  /** The question that a reader can answer by a link; the link is made when the notice is sent, and is never kept. */
  approval?: { release: string; of: string; who?: string; until: number };
};

/**
 * The messages that a release waits in front of a point: one for each gate; where approvers are named with a channel, one
 * for each of them, with a link of their own. Where several people have to approve, only such links are given: of a link
 * that everybody can read nobody can tell who pressed the button.
 * @param label Stable within the release, e.g. "shift", "step 2".
 */
export function gateNotices(
  settings: Pick<GateSettings, "approval">,
  channel: string,
  subject: GateSubject & { release: string; version: string },
  label: string,
  waits: readonly Waiting[],
  question: Question | undefined,
  now: number,
): GateNotice[] {
  const { release, service, environment, version } = subject;
  const what = `${service} ${version} in ${environment}`;
  const notice = (key: string, to: string, text: string): GateNotice => ({
    key: `${release}/notice/gate/${label}/${key}`,
    service,
    environment,
    release,
    channel: to,
    text,
    dueAt: now,
    thread: `${release}/gate/${label}`,
    title: `${what} waits (${label})`,
    severity: "medium",
  });
  return waits.flatMap((wait): GateNotice[] => {
    const end = wait.otherwise === "refuse" ? "it is refused" : "it goes on";
    const text = `${what} waits (${label}) for ${wait.because}. Until ${timeText(wait.until)}, then ${end}.`;
    if (wait.gate !== "approval" || question === undefined) return [notice(wait.gate, channel, text)];
    const ask = `${text} To answer: atoms approve ${release}`;
    const { of, until, approvers } = question;
    const named = (settings.approval.approvers ?? []).flatMap(({ name, channel: to }) =>
      to === undefined || approvers?.includes(name) !== true ? [] : [{ name, to }],
    );
    const personal = named.map(({ name, to }) => ({
      ...notice(`approval/${name}`, to, `For ${name}: ${ask}`),
      approval: { release, of, who: name, until },
    }));
    // With named approvers a link for everybody would count for nobody in particular.
    const open = anybodyMayAnswer(question);
    const shared = notice("approval", channel, ask);
    return [...personal, open ? { ...shared, approval: { release, of, until } } : shared];
  });
}

/** Whether it does not matter who answers, so that a link may be given to a channel. */
export const anybodyMayAnswer = ({ people, approvers, starterCounts }: Question): boolean =>
  people === 1 && approvers === undefined && starterCounts;
