import type { Ask, Session } from "@atoms/control-plane";
import type { Ending, Release } from "@atoms/playbook";
import type { Invocation } from "../command.js";

/** Shows what would be done after a breach; changes nothing. */
export async function planBreachRecovery(invocation: Invocation): Promise<Ending> {
  const { planBreach } = await import("@atoms/control-plane");
  const { refOf, withSession } = await import("../session.js");
  const { breachPlanText } = await import("../views/recovery-breach.js");
  const { terminal } = invocation;
  const plan = await withSession(invocation, "read", (ask, session) =>
    ask(planBreach, refOf(invocation, session)),
  );
  terminal.result(plan);
  if (!terminal.json) terminal.say(breachPlanText(plan, terminal.paint));
  return "done";
}

/** Rotates every secret of the list, when the word is given. @param follow Shows it to its end. */
export async function recoverFromBreach(
  invocation: Invocation,
  follow: (ask: Ask, session: Session, release: Release) => Promise<Ending>,
): Promise<Ending> {
  const { planBreach, recoverBreach } = await import("@atoms/control-plane");
  const { refOf, withSession } = await import("../session.js");
  const { askForWord } = await import("../terminal/ask.js");
  const { breachPlanText } = await import("../views/recovery-breach.js");
  const { terminal, options } = invocation;
  const given = await givenIn(invocation);
  const { confirm, because } = options;
  return withSession(invocation, "act", async (ask, session) => {
    const ref = refOf(invocation, session);
    let word = typeof confirm === "string" ? confirm : undefined;
    if (word === undefined && invocation.yes) word = "security_breach";
    if (word === undefined) {
      const plan = await ask(planBreach, ref);
      terminal.say(breachPlanText(plan, terminal.paint));
      word = await askForWord(
        terminal,
        `These get new values, the service is deployed again with them, ${plan.old.policy === "remove" ? "the deployments made before are removed for good, " : ""}and everybody is signed out of Atoms.`,
        "security_breach",
      );
    }
    const release = await ask(recoverBreach, {
      ...ref,
      given,
      confirm: word,
      ...(typeof because === "string" ? { because } : {}),
    });
    return follow(ask, session, release);
  });
}

/** The values that people bring, each from a file: a command line can be read by others. @throws ATM-921, ATM-699. */
async function givenIn({ options, cwd }: Invocation): Promise<Record<string, string>> {
  const { readFile } = await import("node:fs/promises");
  const { resolve } = await import("node:path");
  const { gathered, optionMistaken } = await import("../options.js");
  const { givenMistaken } = await import("@atoms/playbook");
  const given: Record<string, string> = {};
  for (const one of gathered(options["given"])) {
    const [, variable, file] = /^([A-Za-z_][A-Za-z0-9_]*)=(.+)$/.exec(one) ?? [];
    if (variable === undefined || file === undefined)
      throw optionMistaken({ option: "--given", given: one, wanted: "VARIABLE=file" });
    let value: string;
    try {
      value = (await readFile(resolve(cwd, file), "utf8")).replace(/\r?\n$/, "");
    } catch {
      throw givenMistaken({ variable, because: `${file} cannot be read` });
    }
    if (value === "") throw givenMistaken({ variable, because: `${file} is empty` });
    given[variable] = value;
  }
  return given;
}
