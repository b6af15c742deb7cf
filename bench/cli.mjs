// How quick the command line is: what a person feels at every command.
import { atomsProgram, withShop } from "./lib/shop.mjs";
import { wallTimes } from "./lib/wall-time.mjs";

/** @param {{ runs: number }} options */
export default async function cli({ runs }) {
  const node = await wallTimes(runs, ["-e", "0"]);
  const help = await wallTimes(runs, [atomsProgram, "--help"]);
  const status = await withShop(async ({ folder, env, atoms }) => {
    await atoms("deploy");
    return wallTimes(runs, [atomsProgram, "status"], { cwd: folder, env });
  });
  return [
    { what: "node -e 0 (what any program pays)", values: node },
    { what: "atoms --help", values: help, bound: 150 },
    { what: "atoms status, control plane running", values: status, bound: 300 },
  ];
}
