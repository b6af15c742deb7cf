/**
 * Leads the process group of a deployment whose start command needs a shell: runs the command, ends with its code, and
 * (through the leash that is loaded before this file) takes the whole group down when the cloud is gone.
 */
import { spawn } from "node:child_process";

const command = process.argv[2];
if (command === undefined) throw new Error("shell.js needs a command");
const child = spawn(command, { shell: true, stdio: ["ignore", "inherit", "inherit"] });
// The signal goes to the whole group, so the command gets it by itself; this process only waits for it to end.
for (const signal of ["SIGTERM", "SIGINT"] as const) process.on(signal, () => undefined);
child.on("error", (error) => {
  console.error(`The start command could not be run: ${error.message}`);
  process.exitCode = 127;
});
child.on("exit", (code, signal) => {
  process.exitCode = code ?? (signal ? 1 : 0);
  process.exit();
});
