import { spawn } from "node:child_process";

/**
 * Runs Node some times, one after the other, and measures from the start of the process to its end.
 * @param {number} times
 * @param {string[]} args
 * @param {{ cwd?: string, env?: NodeJS.ProcessEnv }} [where]
 * @returns {Promise<number[]>} Milliseconds.
 * @throws When a run ends other than with 0.
 */
export async function wallTimes(times, args, where = {}) {
  const taken = [];
  // The first is not counted: it reads files from the disk that the others find in memory.
  for (let n = 0; n <= times; n++) {
    const ms = await once(args, where);
    if (n > 0) taken.push(ms);
  }
  return taken;
}

function once(args, where) {
  return new Promise((resolve, reject) => {
    const began = performance.now();
    const child = spawn(process.execPath, args, { ...where, stdio: "ignore" });
    child.once("error", reject);
    child.once("exit", (code, signal) => {
      if (code === 0) resolve(performance.now() - began);
      else reject(new Error(`node ${args.join(" ")} ended with ${code ?? signal}`));
    });
  });
}
