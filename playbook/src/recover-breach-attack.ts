import type { AttackModeOn, BreachPorts } from "./recovery/index.js";
import type { ReleaseRun, RunOrder, RunWorld } from "./strategies/run.js";
import { timeText } from "./terms/index.js";

type Run = ReleaseRun<RunOrder, RunWorld & Pick<BreachPorts, "attackMode">>;

/**
 * Has the platform challenge visitors that it does not know. A recovery does not fail for it.
 * @returns what came of it; undefined where the playbook does not ask for it.
 */
export async function challenge(run: Run): Promise<AttackModeOn | undefined> {
  const { attackMode } = run.world;
  if (attackMode === undefined) return undefined;
  const came = await run.act(
    "switch attack mode on",
    "switching the platform's attack mode on",
    (signal) => attackMode.on(signal),
    { attempts: 3 },
  );
  await run.change("write down the attack mode", {}, () => [
    run.event("breach.attack-mode", "breach/attack-mode", { ...came }),
  ]);
  return came;
}

/**
 * Lets visitors in again after a recovery that is through.
 * @param came What came of switching it on. @returns what is left to people.
 */
export async function endChallenge(run: Run, came: AttackModeOn | undefined): Promise<string[]> {
  const { attackMode } = run.world;
  if (attackMode === undefined || came === undefined) return [];
  if (came.is === "refused")
    return [
      `Attack mode could not be switched on (${came.because}): do it by hand if requests go on that should not.`,
    ];
  if (came.is === "by others")
    return ["Attack mode was on before, and is on still: switch it off when it is no longer needed."];
  if (attackMode.ends === "time") return [];
  const { because } = await run.flow.step("switch attack mode off", (signal) => attackMode.off(signal), {
    attempts: 3,
  });
  await run.change("write down that attack mode is off", {}, () => [
    run.event(
      "breach.attack-mode",
      "breach/attack-mode/off",
      because === undefined ? { is: "off" } : { is: "left on", because },
    ),
  ]);
  return because === undefined
    ? []
    : [`Attack mode could not be switched off (${because}); it ends by itself at ${timeText(came.until)}.`];
}
