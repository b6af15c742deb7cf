import { readFileSync } from "node:fs";
import { userInfo } from "node:os";
import { runAtoms } from "./program.js";

const { version } = JSON.parse(readFileSync(new URL("../../../package.json", import.meta.url), "utf8")) as {
  version: string;
};

function userName(): string {
  try {
    return userInfo().username;
  } catch {
    return process.env["USER"] ?? "unknown";
  }
}

// `atoms releases | head` closes our output early. What is being done goes on; there is only nobody to read of it.
for (const output of [process.stdout, process.stderr]) {
  output.on("error", (error: NodeJS.ErrnoException) => {
    if (error.code !== "EPIPE") throw error;
  });
}

process.exitCode = await runAtoms(process.argv.slice(2), {
  env: process.env,
  cwd: process.cwd(),
  user: userName(),
  version,
});
