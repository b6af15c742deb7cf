// How quick the command line is: what a person feels at every command.
import { atomsProgram, withShop } from "./lib/shop.mjs";
import { wallTimes } from "./lib/wall-time.mjs";

/** What is asked while something is wrong. */
const questions = ["status", "releases", "ledger", "alerts", "incident list", "deployments"];

/** @param {{ runs: number }} options */
export default async function cli({ runs }) {
  const node = await wallTimes(runs, ["-e", "0"]);
  const help = await wallTimes(runs, [atomsProgram, "--help"]);
  // Taken in turns, so that a busy minute of the machine is in all of them.
  const asked = await withShop(async ({ folder, env, atoms }) => {
    await atoms("deploy");
    const values = Object.fromEntries(questions.map((words) => [words, []]));
    for (let n = 0; n < runs; n++)
      for (const words of questions)
        values[words].push(
          ...(await wallTimes(1, [atomsProgram, ...words.split(" ")], { cwd: folder, env })),
        );
    return values;
  });
  return [
    { what: "node -e 0 (what any program pays)", values: node },
    { what: "atoms --help", values: help, bound: 150 },
    ...questions.map((words) => ({
      what: `atoms ${words}, control plane running`,
      values: asked[words],
      bound: 300,
    })),
  ];
}
