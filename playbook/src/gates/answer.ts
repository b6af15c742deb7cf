import {
  type Actor,
  type Clock,
  type Json,
  type Ledger,
  type LedgerEvent,
  type Release,
  timeText,
} from "../terms/index.js";
import type { Question, Replies } from "./model.js";
import { mayNotApprove } from "./problems.js";

/** How an answer came. */
export type ReplyVia = "command" | "link";

/** What somebody answers. */
export type Reply = {
  yes: boolean;
  because?: string | undefined;
  via: ReplyVia;
  /** How it is known who this is, where it is not the caller's own word: e.g. "typed on the page of a link". */
  identity?: string;
};

const many = 1_000;

/** The event that puts a question to people. */
export function askedData(question: Question): { [key: string]: Json | undefined } {
  const { about, approvers, ...rest } = question;
  return {
    ...rest,
    questions: [...about],
    ...(approvers === undefined ? {} : { approvers: [...approvers] }),
  };
}

/** The question that an event put. */
function questionOf({ data }: LedgerEvent): Question {
  const { questions, ...rest } = data;
  return { ...rest, about: questions } as unknown as Question;
}

/** What people have answered to a question so far. */
export async function answersTo(
  ledger: Ledger,
  release: string,
  { of }: Pick<Question, "of">,
): Promise<Replies> {
  const [yes, no] = await Promise.all(
    (["approval.given", "approval.refused"] as const).map((kind) =>
      ledger.read({ release, kind, last: true, limit: many }),
    ),
  );
  const [first] = (no ?? []).filter(({ data }) => data["of"] === of);
  return {
    yes: (yes ?? []).filter(({ data }) => data["of"] === of).map(({ actor, at }) => ({ by: actor.name, at })),
    ...(first === undefined
      ? {}
      : { no: { by: first.actor.name, at: first.at, because: String(first.data["because"]) } }),
  };
}

/** The question that a release puts to people now; undefined when none is open, as in one that goes back. */
export async function openQuestion(ledger: Ledger, release: Release): Promise<Question | undefined> {
  if (release.state !== "running" || release.phase === "rollback") return undefined;
  const newest = async (kind: string) =>
    (await ledger.read({ release: release.id, kind, last: true, limit: 1 }))[0];
  const [asked, settled] = await Promise.all([newest("approval.asked"), newest("approval.settled")]);
  if (asked === undefined || (settled !== undefined && settled.seq > asked.seq)) return undefined;
  return questionOf(asked);
}

/** Why somebody's answer does not count; undefined when it does. Whoever may act may say no. */
export function whyNot(question: Question, answer: Reply, actor: Actor, release: Release, now: number) {
  const { approvers, starterCounts, until } = question;
  if (now > until) return `it was asked until ${timeText(until)}`;
  if (approvers !== undefined && !approvers.includes(actor.name))
    return `the playbook names who may: ${approvers.join(", ")}`;
  if (answer.yes && !starterCounts && actor.name === release.startedBy.name)
    return "whoever started a release may not approve it here";
  return undefined;
}

/**
 * Writes down what somebody answers to the open question. The answer counts from then on, even if the process dies in that
 * moment; the release is woken by the caller. Answering again changes nothing: the first answer of a person stands.
 * @returns Who has approved so far, and whether this answer was new.
 * @throws ATM-525 when it does not count.
 */
export async function answerQuestion(
  { ledger, clock }: { ledger: Ledger; clock: Clock },
  release: Release,
  question: Question,
  answer: Reply,
  actor: Actor,
): Promise<{ answers: Replies; first: boolean }> {
  const at = clock.now();
  const because = whyNot(question, answer, actor, release, at);
  const { of } = question;
  if (because !== undefined) throw mayNotApprove({ who: actor.name, of, because });
  const before = await answersTo(ledger, release.id, question);
  const first = !before.yes.some(({ by }) => by === actor.name) && before.no?.by !== actor.name;
  const kind = answer.yes ? "approval.given" : "approval.refused";
  await ledger.append([
    {
      key: `${release.id}/approval/${of}/by/${actor.name}`,
      kind,
      at,
      actor,
      service: release.service,
      environment: release.environment,
      release: release.id,
      data: {
        of,
        by: actor.name,
        via: answer.via,
        ...(answer.identity === undefined ? {} : { identity: answer.identity }),
        split: release.split,
        ...(answer.yes ? {} : { because: answer.because ?? "no reason was given" }),
      },
    },
  ]);
  return { answers: await answersTo(ledger, release.id, question), first };
}
