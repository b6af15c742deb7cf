/**
 * The local cloud as a process. `--dir FOLDER --port N --edge-port N --json --faults`; without `--json` it prints the
 * environment variables for the official tools. Ends, with everything it started, on SIGINT or SIGTERM.
 */
import { parseArgs } from "node:util";
import { type LocalCloud, startLocalCloud } from "./cloud.js";

const USAGE = "Usage: main.js --dir FOLDER [--port N] [--edge-port N] [--json] [--faults]";

interface Arguments {
  readonly folder: string;
  readonly apiPort: number;
  readonly edgePort: number;
  readonly json: boolean;
  readonly faults: boolean;
}

function readArguments(): Arguments {
  const { values } = parseArgs({
    options: {
      dir: { type: "string" },
      port: { type: "string", default: "0" },
      "edge-port": { type: "string", default: "0" },
      json: { type: "boolean", default: false },
      faults: { type: "boolean", default: false },
    },
  });
  if (values.dir === undefined)
    throw new Error("--dir is missing: the folder where the cloud keeps everything.");
  return {
    folder: values.dir,
    apiPort: port(values.port),
    edgePort: port(values["edge-port"]),
    json: values.json,
    faults: values.faults,
  };
}

function port(text: string): number {
  const value = Number(text);
  if (!Number.isInteger(value) || value < 0 || value > 65_535)
    throw new Error(`"${text}" is not a port (0 to 65535).`);
  return value;
}

/** Without VERCEL_ORG_ID: the official command refuses every deploy where that is set and VERCEL_PROJECT_ID is not. */
function printed(cloud: LocalCloud): string {
  return [
    `# The local cloud is running (process ${process.pid}). Ctrl-C ends it.`,
    `# Traffic goes to ${cloud.edgeUrl}; the Host header decides which deployment answers.`,
    `export VERCEL_TOKEN=${cloud.token}`,
    "export VERCEL_TELEMETRY_DISABLED=1",
    "export NO_UPDATE_NOTIFIER=1",
    `# vercel deploy --yes --api ${cloud.apiUrl} --scope ${cloud.team.slug}`,
    "",
  ].join("\n");
}

async function main(): Promise<void> {
  let wanted: Arguments;
  try {
    wanted = readArguments();
  } catch (error) {
    console.error(`${(error as Error).message}\n${USAGE}`);
    process.exitCode = 2;
    return;
  }
  const { json, ...options } = wanted;
  try {
    const cloud = await startLocalCloud(options);
    const { apiUrl: api, edgeUrl: edge, token, team, folder } = cloud;
    process.stdout.write(
      json ? `${JSON.stringify({ api, edge, token, team, folder, pid: process.pid })}\n` : printed(cloud),
    );
    const end = () => {
      cloud.close().then(
        () => process.exit(0),
        () => process.exit(1),
      );
    };
    process.once("SIGINT", end);
    process.once("SIGTERM", end);
  } catch (error) {
    console.error((error as Error).message);
    process.exitCode = 1;
  }
}

await main();
