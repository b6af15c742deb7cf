import { spawn } from "node:child_process";
import { fileURLToPath } from "node:url";

const program = fileURLToPath(new URL("../../cli/bin/atoms.js", import.meta.url));

/** How a command ended. */
export type Ended = { code: number; out: string };

/**
 * Runs `atoms` in this folder to its end. What it says of its progress goes to the log of the job as it comes.
 * @param show Whether its standard output goes to the log too.
 */
export async function atoms(words: readonly string[], show: boolean): Promise<Ended> {
  const child = spawn(process.execPath, [program, ...words], {
    stdio: ["ignore", "pipe", "inherit"],
    // The token that comments is none of the command's business.
    env: { ...process.env, ATOMS_ACTION_TOKEN: undefined },
  });
  // A cancelled job gets a signal and then has seconds: the command makes the release safe to leave.
  const pass = (signal: NodeJS.Signals) => child.kill(signal);
  process.on("SIGINT", pass).on("SIGTERM", pass);
  let out = "";
  child.stdout.setEncoding("utf8").on("data", (text: string) => {
    out += text;
    if (show) process.stdout.write(text);
  });
  try {
    return await new Promise((resolve, reject) => {
      child.on("error", reject).on("close", (code) => resolve({ code: code ?? 1, out }));
    });
  } finally {
    process.off("SIGINT", pass).off("SIGTERM", pass);
  }
}
