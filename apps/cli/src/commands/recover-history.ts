import type { Ending } from "@atoms/playbook";
import type { Invocation } from "../command.js";

/** Lists recoveries and drills of the past, and how their figures go, scenario by scenario. */
export async function recoveryHistoryAsked(invocation: Invocation): Promise<Ending> {
  const { recoveryHistory } = await import("@atoms/control-plane");
  const { refOf, withSession } = await import("../session.js");
  const { recoveryHistoryText } = await import("../views/recovery-history.js");
  const { recoveryTrends } = await import("@atoms/playbook");
  const { terminal, args } = invocation;
  const all = await withSession(invocation, "read", (ask, session) =>
    ask(recoveryHistory, { ...refOf(invocation, session), limit: 500 }),
  );
  const meant = args[0] === undefined ? all : all.filter(({ data }) => data["scenario"] === args[0]);
  const trendsOf = (kind: string) => recoveryTrends(meant.filter((one) => one.kind === kind).toReversed());
  const trends = { drills: trendsOf("drill.finished"), recoveries: trendsOf("recovery.finished") };
  const entries = meant.slice(0, 50);
  terminal.result({ entries, trends });
  if (!terminal.json) terminal.say(recoveryHistoryText(entries, trends, terminal.paint));
  return "done";
}

/** Lists the scenarios, and how well each is rehearsed. */
export async function listScenarios(invocation: Invocation): Promise<Ending> {
  const { recoveryScenarios } = await import("@atoms/control-plane");
  const { refOf, withSession } = await import("../session.js");
  const { scenariosText } = await import("../views/recovery-history.js");
  const { terminal } = invocation;
  const standings = await withSession(invocation, "read", (ask, session) =>
    ask(recoveryScenarios, refOf(invocation, session)),
  );
  terminal.result(standings);
  if (!terminal.json) terminal.say(scenariosText(standings, terminal.paint));
  return "done";
}
