import { expect } from "vitest";
import type { Call, How, Left, Liar, Lie, LiedTo } from "./lies.js";

/** Every way to lie after which a release ends as if nothing had happened. */
export const passing: readonly How[] = [
  "answers 500 and has done nothing",
  "answers 429 and asks for a second",
  "is cut off before it was heard",
  "acts, then says that it did not",
  "acts, and is cut off before it answers",
  "takes two seconds",
];

/** Ways after which a release may fail, but never leaves traffic half done. */
export const lasting: readonly How[] = [
  "does not answer in time",
  "answers 500 for good",
  "acts, and says for good that it did not",
];

/** How a release of that kind ends. */
export const expected = ({ candidate }: LiedTo): Partial<Left> =>
  candidate === "good"
    ? { state: "released", users: "new", made: 1, split: false, ends: 1 }
    : { state: "rolled back", users: "before", made: 1, split: false, ends: 1 };

/** A lie in words. */
export const named = ({ method, path, nth, how }: Lie): string => `${method} ${path} #${nth} ${how}`;

/** Every call in every way. */
export const lies = (calls: readonly Call[], ways: readonly How[]): Lie[] =>
  calls.flatMap((call) => ways.map((how) => ({ ...call, how })));

/** Lies once. @returns What is wrong with what is left, in words, and whether the call was made that was lied about. */
export async function lieOnce(
  liar: Liar,
  scenario: LiedTo,
  lie: Lie,
): Promise<{ met: boolean; wrong: string[] }> {
  const { left, met } = await liar.lied(scenario, lie);
  return { met, wrong: wrongIn(left, scenario, lie) };
}

function wrongIn(left: Left, scenario: LiedTo, lie: Lie): string[] {
  if (passing.includes(lie.how)) {
    const wanted = expected(scenario);
    return (Object.keys(wanted) as (keyof Left)[])
      .filter((key) => left[key] !== wanted[key])
      .map((key) => `${key} is ${left[key]}, not ${wanted[key]} (${left.problem ?? "no problem"})`);
  }
  return [
    ...(left.ends === 1 ? [] : [`it ended ${left.ends} times`]),
    ...(left.made <= 1 ? [] : [`it made ${left.made} deployments`]),
    ...safe(left),
  ];
}

/** A release ends safely: users get one deployment, the one its end says, unless it says that a person must look. */
function safe({ state, users, split, problem }: Left): string[] {
  if (state === "unsafe") return problem === undefined ? ["it is unsafe and does not say why"] : [];
  const wanted = state === "released" ? "new" : "before";
  return [
    ...(users === wanted ? [] : [`it ended ${state}, and users get ${users} (${problem})`]),
    ...(split ? [`it ended ${state} and left a split (${problem})`] : []),
  ];
}

/** Lets a release run undisturbed and says by which calls. */
export async function callsOf(liar: Liar, scenario: LiedTo): Promise<Call[]> {
  const { left, calls } = await liar.undisturbed(scenario);
  expect(left, `undisturbed: ${scenario.strategy}, ${scenario.candidate}`).toMatchObject(expected(scenario));
  return calls;
}
