import { defineCommand } from "../command.js";

export const approve = defineCommand({
  name: "approve",
  summary: "Approve, or refuse, what a release asks people",
  args: ["[release]"],
  options: [
    { flags: "--refuse", summary: "say no: the release ends; a canary goes back" },
    { flags: "--because <reason>", summary: "why; kept in the ledger" },
    {
      flags: "--link",
      summary: "answer nothing, but print a signed link by which somebody else answers once",
    },
  ],
  examples: [
    "atoms approve",
    'atoms approve rel_1jd0q… --because "seen on staging"',
    'atoms approve --refuse --because "the migration is not reviewed"',
    "atoms approve --link",
  ],
  more: "A release asks before the shift (gates.approval), before a canary's next step (canary.approve), or when its MCP contract changes. The answer counts for what is asked now, which `atoms status` shows; proof of harm still goes back at once.",
  async run(invocation) {
    const { approveCall, makeApprovalLinkCall } = await import("@atoms/control-plane/ask");
    const { refOf, withSession } = await import("../session.js");
    const { when } = await import("../views/words.js");
    const { terminal, options } = invocation;
    const named = invocation.args[0] === undefined ? {} : { release: invocation.args[0] };
    return withSession(invocation, "act", async (ask, session): Promise<"done"> => {
      const ref = { ...refOf(invocation, session), ...named };
      if (options["link"] === true) {
        const made = await ask(makeApprovalLinkCall, ref);
        terminal.result(made);
        if (!terminal.json) {
          terminal.say(made.url);
          terminal.note(
            `It counts once, until ${when(made.until)}, for ${made.release.id} (${made.question.of}).`,
          );
        }
        return "done";
      }
      const because = options["because"];
      const given = await ask(approveCall, {
        ...ref,
        refuse: options["refuse"] === true,
        ...(typeof because === "string" ? { because } : {}),
      });
      terminal.result(given);
      if (!terminal.json) terminal.say(answerText(given));
      return "done";
    });
  },
});

function answerText({
  release,
  question,
  answers,
}: {
  release: { id: string };
  question: { of: string; people: number };
  answers: { yes: { by: string }[]; no?: { by: string } };
}): string {
  const what = `${release.id} (${question.of})`;
  if (answers.no !== undefined) return `${what} is refused by ${answers.no.by}.`;
  const names = [...new Set(answers.yes.map(({ by }) => by))];
  const left = question.people - names.length;
  if (left <= 0) return `${what} may go on.`;
  return `${what} still waits for ${left} more to approve; so far: ${names.join(", ")}.`;
}
