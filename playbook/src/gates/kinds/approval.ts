import { answersTo } from "../answer.js";
import type { AskedAt, Gate, GateAnswer, GateSubject, Question, Replies } from "../model.js";
import { approvalRefused, notApproved } from "../problems.js";
import type { GateSettings } from "../settings.js";
import { fewOf } from "../words.js";

/** What a person is asked, and how long. */
export type Asked = {
  /** Stable within the release, e.g. "shift", "step 2", "contract". */
  of: string;
  /** Each a line. */
  about: readonly string[];
  waitMs: number;
  /** Instead of the playbook's default: what may break users is never approved by silence. */
  otherwise?: "refuse" | undefined;
};

/** People say yes or no: by command, by the API, or by a signed link. */
export function approvalGate(
  settings: GateSettings["approval"],
  { of, about, waitMs, otherwise: given }: Asked,
  subject: GateSubject,
): Gate {
  const otherwise = given ?? settings.on_expiry;
  const question = (since: number): Question => ({
    of,
    about,
    people: settings.people,
    starterCounts: settings.self_approval ?? settings.people === 1,
    ...(settings.approvers === undefined ? {} : { approvers: settings.approvers.map(({ name }) => name) }),
    until: since + waitMs,
    otherwise,
  });
  return {
    id: "approval",
    says: `${settings.people === 1 ? "a person approves" : `${settings.people} people approve`} (\`atoms approve\`) within ${waitMs / 60_000} minutes; otherwise: ${otherwise}`,
    // The answer wakes the release; this is for one that was written down by a process that died before it could.
    everyMs: 30_000,
    waitMs,
    final: true,
    question,
    async ask({ ledger }, at) {
      if (subject.release === undefined) throw new Error("only a release that began can be approved");
      const asked = question(at.since);
      return judgeApproval(asked, await answersTo(ledger, subject.release, asked), at);
    },
  };
}

/** Judges what people have answered. One no is a no; answers that came too late do not count. */
export function judgeApproval(question: Question, { yes, no }: Replies, { now }: AskedAt): GateAnswer {
  const { of, about, people, until, otherwise } = question;
  if (no !== undefined && no.at <= until) {
    const problem = approvalRefused({ of, by: no.by, because: no.because }).toJSON();
    return { is: "refused", because: `${no.by} refused: ${no.because}`, problem };
  }
  const names = [...new Set(yes.filter(({ at }) => at <= until).map(({ by }) => by))];
  if (names.length >= people) return { is: "open", because: `approved by ${names.join(", ")}` };
  const some = names.length === 0 ? "" : ` (${names.length} of ${people}: ${names.join(", ")})`;
  if (now < until) {
    const whom = people - names.length === 1 ? "a person" : `${people - names.length} people`;
    const because = `${whom} to approve${some}: ${fewOf(about)}`;
    return { is: "shut", because, until, otherwise };
  }
  if (otherwise === "open")
    return { is: "open", because: `nobody said no in time${some}, which the playbook takes for yes` };
  const because =
    names.length === 0 ? "nobody approved in time" : `only ${names.length} of ${people} approved in time`;
  return { is: "refused", because, problem: notApproved({ of, because }).toJSON() };
}
