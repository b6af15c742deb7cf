import {
  answerQuestion,
  answersTo,
  anybodyMayAnswer,
  mayNotApprove,
  nothingRunning,
  nothingToApprove,
  openQuestion,
  type Question,
  type Release,
  type Replies,
} from "@atoms/playbook";
import { z } from "zod";
import { approvalLink, wake } from "../approvals/index.js";
import type { ControlPlane, PlaybookRef } from "../control-plane.js";
import { otherQuestion } from "../problems.js";
import { releaseCalled } from "../release-now.js";
import { playbookRef } from "./playbook-ref.js";
import { runningRelease } from "./running-release.js";
import { defineVerb } from "./verb.js";

const release = z.string().optional().describe("The running one when left out.");

/** What came of an answer. */
export type Approved = {
  release: Release;
  question: Question;
  /** Who has answered so far, this answer included. */
  answers: Replies;
};

/** Answers what a release asks people: a gate before the shift or a step, or a change of its MCP contract. */
export const approve = defineVerb({
  name: "approve",
  method: "POST",
  role: "operator",
  path: "/releases/approve",
  summary: "Approve, or refuse, what a release asks people",
  input: z.strictObject({
    ...playbookRef,
    release,
    refuse: z.boolean().default(false).describe("Say no: the release ends, and a canary goes back."),
    because: z.string().trim().min(1).max(500).optional().describe("Why; kept in the ledger."),
    of: z
      .string()
      .max(200)
      .optional()
      .describe("The question that is meant; refused when another one is open by now."),
  }),
  async run(plane, input, actor): Promise<Approved> {
    const { release, question } = await whatIsAsked(plane, input);
    if (input.of !== undefined && input.of !== question.of)
      throw otherQuestion({ release: release.id, meant: input.of, open: question.of });
    const { ledger } = await plane.store();
    const reply = { yes: !input.refuse, because: input.because, via: "command" } as const;
    const { answers } = await answerQuestion({ ledger, clock: plane.clock }, release, question, reply, actor);
    await wake(plane, release.id);
    return { release, question, answers };
  },
});

/** What a release asks people now, and what they have answered; empty when it asks nothing. */
export type OpenQuestion = { question?: Question; answers?: Replies };

/** Says what a release asks people. @throws ATM-511 when there is none of that id. */
export const showQuestion = defineVerb({
  name: "show question",
  method: "GET",
  role: "viewer",
  path: "/releases/question",
  summary: "Show what a release asks people, and what was answered",
  input: z.strictObject({ release: z.string() }),
  async run(plane, input): Promise<OpenQuestion> {
    const release = await releaseCalled(plane, input.release);
    const { ledger } = await plane.store();
    const question = await openQuestion(ledger, release);
    return question === undefined ? {} : { question, answers: await answersTo(ledger, release.id, question) };
  },
});

/** Makes a signed link by which whoever has it answers once. */
export const makeApprovalLink = defineVerb({
  name: "makeApprovalLink",
  method: "POST",
  role: "operator",
  path: "/releases/approve/link",
  summary: "Make a signed link that approves once",
  input: z.strictObject({ ...playbookRef, release }),
  async run(
    plane,
    input,
    actor,
  ): Promise<{ url: string; until: number; release: Release; question: Question }> {
    const { release, question } = await whatIsAsked(plane, input);
    const { of, until } = question;
    if (!anybodyMayAnswer(question)) {
      const because = "it matters who approves this, and nobody could tell who pressed the button of a link";
      throw mayNotApprove({ who: "whoever has a link", of, because });
    }
    const url = await approvalLink(plane, { release: release.id, of, until });
    const { ledger } = await plane.store();
    const at = plane.clock.now();
    const { service, environment, id } = release;
    await ledger.append([
      {
        key: `${id}/approval/${of}/link/${at}`,
        kind: "approval.link-made",
        at,
        actor,
        service,
        environment,
        release: id,
        data: { of, until },
      },
    ]);
    return { url, until, release, question };
  },
});

/** The running release and its open question. @throws ATM-509, ATM-511, ATM-513. */
async function whatIsAsked(
  plane: ControlPlane,
  input: PlaybookRef & { release?: string | undefined },
): Promise<{ release: Release; question: Question }> {
  const { ledger } = await plane.store();
  const release = await whichRelease(plane, input);
  if (release.state !== "running") throw nothingRunning(release);
  const question = await openQuestion(ledger, release);
  if (question === undefined) throw nothingToApprove({ release: release.id, strategy: release.strategy });
  return { release, question };
}

async function whichRelease(
  plane: ControlPlane,
  input: PlaybookRef & { release?: string | undefined },
): Promise<Release> {
  if (input.release !== undefined) return releaseCalled(plane, input.release);
  const { running, of } = await runningRelease(plane, input);
  if (running === undefined) throw nothingRunning(of);
  return running;
}
