import { defineCommand } from "../command.js";
import { cloudNotStarted } from "../problems.js";

export const cloud = defineCommand({
  name: "cloud",
  summary: "Run the local cloud alone, in the foreground, for the official tools",
  options: [
    { flags: "--dir <folder>", summary: "where it keeps its state", default: ".atoms-cloud" },
    { flags: "--port <port>", summary: "port of its API; 0 picks a free one", default: "0" },
    { flags: "--edge-port <port>", summary: "port that traffic comes to; 0 picks a free one", default: "0" },
    { flags: "--faults", summary: "let calls be made to fail on purpose, at /atoms/faults of the API" },
  ],
  examples: [
    "atoms cloud",
    "atoms cloud --dir /tmp/cloud --port 4300 --edge-port 4301",
    "atoms cloud --json",
  ],
  more: "With --json the first line of standard output is one JSON object with its addresses, and nothing else goes there. Ctrl-C stops it and all it runs.",
  async run(invocation) {
    const { startLocalCloud } = await import("@atoms/local-cloud");
    const { resolve } = await import("node:path");
    const { wholeNumber } = await import("../options.js");
    const { terminal, options, cwd } = invocation;
    const running = await startLocalCloud({
      folder: resolve(cwd, String(options["dir"])),
      apiPort: wholeNumber(options["port"], "--port", 0, 65_535),
      faults: options["faults"] === true,
      edgePort: wholeNumber(options["edgePort"], "--edge-port", 0, 65_535),
    }).catch((error: Error) => {
      if (isRefusal(error)) throw cloudNotStarted({ because: error.message });
      throw error;
    });
    const { apiUrl: api, edgeUrl: edge, token, team, folder } = running;
    terminal.result({ api, edge, token, team, folder, pid: process.pid });
    if (!terminal.json) {
      terminal.say(
        `The local cloud is running. Traffic comes to ${edge}; the Host header decides who answers.`,
      );
      // Without VERCEL_ORG_ID: the official command refuses every deploy where that is set and VERCEL_PROJECT_ID is not.
      terminal.say(
        [
          "\nFor the official tools:",
          `  export VERCEL_TOKEN=${token} VERCEL_TELEMETRY_DISABLED=1 NO_UPDATE_NOTIFIER=1`,
          `  vercel deploy --yes --api ${api} --scope ${team.slug}`,
          `  curl -H 'Host: <the host that it prints>' ${edge}\n`,
        ].join("\n"),
      );
      terminal.say("Ctrl-C stops it.");
    }
    await new Promise<void>((stop) => {
      process.once("SIGINT", () => stop());
      process.once("SIGTERM", () => stop());
    });
    await running.close();
    return "done";
  },
});

const REFUSALS = ["FolderHeldError", "FolderUnusableError", "PortTakenError"];

/** True for what another folder or another port would mend. */
const isRefusal = (error: Error): boolean => REFUSALS.includes(error.name);
