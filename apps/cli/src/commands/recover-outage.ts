import type { Ask, Session } from "@atoms/control-plane";
import type { Ending, OutagePlan, Release } from "@atoms/playbook";
import type { Invocation } from "../command.js";

/** Where a person wants users to be led. @throws ATM-921. */
async function wayOf({ options }: Invocation) {
  const { optionMistaken } = await import("../options.js");
  const { to, back } = options;
  if (typeof to !== "string") return {};
  if (back === true) throw optionMistaken({ option: "--to", given: "--back", wanted: "one of the two" });
  if (to === "standby" || to === "regions") return { way: to } as const;
  if (!/^[a-z]{3}\d$|^local$/.test(to))
    throw optionMistaken({ option: "--to", given: to, wanted: "standby, regions, or a region such as fra1" });
  return { way: "regions", region: to } as const;
}

/** Asks everything from outside, and says what would be done; changes nothing. */
export async function planOutageRecovery(invocation: Invocation): Promise<Ending> {
  const { planOutage } = await import("@atoms/control-plane");
  const { refOf, withSession } = await import("../session.js");
  const { outagePlanText } = await import("../views/recovery-outage.js");
  const { optionMistaken } = await import("../options.js");
  const { terminal } = invocation;
  if (invocation.options["back"] === true)
    throw optionMistaken({ option: "--plan", given: "--back", wanted: "one of the two" });
  const way = await wayOf(invocation);
  const plan: OutagePlan = await withSession(invocation, "read", (ask, session) =>
    ask(planOutage, { ...refOf(invocation, session), ...way }),
  );
  terminal.result(plan);
  if (!terminal.json) terminal.say(outagePlanText(plan, terminal.paint));
  return plan.refused === undefined ? "done" : "refused";
}

/** Leads users elsewhere, or back, when the word is given. @param follow Shows it to its end. */
export async function recoverFromOutage(
  invocation: Invocation,
  follow: (ask: Ask, session: Session, release: Release) => Promise<Ending>,
): Promise<Ending> {
  const { planOutage, recoverOutage } = await import("@atoms/control-plane");
  const { refOf, withSession } = await import("../session.js");
  const { askForWord } = await import("../terminal/ask.js");
  const { outagePlanText } = await import("../views/recovery-outage.js");
  const { terminal, options } = invocation;
  const way = await wayOf(invocation);
  const back = options["back"] === true;
  const { confirm, because } = options;
  return withSession(invocation, "act", async (ask, session) => {
    const ref = refOf(invocation, session);
    let word = typeof confirm === "string" ? confirm : undefined;
    if (word === undefined && invocation.yes) word = "service_outage";
    if (word === undefined && !back) {
      const plan = await ask(planOutage, { ...ref, ...way });
      terminal.say(outagePlanText(plan, terminal.paint));
      if (plan.refused !== undefined) return "refused";
    }
    word ??= await askForWord(
      terminal,
      back
        ? "What the platform serves is proven well, and the name of the service is led back to it."
        : "Users are served from elsewhere: what the plan says is done.",
      "service_outage",
    );
    const release = await ask(recoverOutage, {
      ...ref,
      ...way,
      back,
      confirm: word,
      ...(typeof because === "string" ? { because } : {}),
    });
    return follow(ask, session, release);
  });
}
