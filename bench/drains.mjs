// What the local cloud does with 10,000 requests a second after they were answered: a record of each in its log, at a drain of logs
// and at one of traces, over HTTP. The records are made at that rate; visitors would need more cores than this. Loopback only.
import { spawn } from "node:child_process";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { cores, onCore } from "./edge/machine.mjs";
import { startReceiver } from "./edge/receiver.mjs";

const RATE = 10_000;
const SECONDS = 10;
const pipeline = fileURLToPath(new URL("./edge/drain-pipeline.mjs", import.meta.url));

/** @param {{ runs: number }} options */
export default async function drains({ runs }) {
  const lost = [];
  const twice = [];
  const processor = [];
  const behind = [];
  for (let n = 0; n < Math.min(runs, 3); n++) {
    const receiver = await startReceiver();
    try {
      const sent = await oneRun(receiver.url);
      lost.push(2 * sent.records - receiver.arrived());
      twice.push(receiver.twice());
      processor.push((sent.processorSeconds / sent.records) * 1e6);
      behind.push(sent.behindMs);
    } finally {
      await receiver.close();
    }
  }
  const of = `${RATE * SECONDS} requests at ${RATE}/s, two drains`;
  return [
    { what: `${of}: records and spans lost`, values: lost, bound: 1, unit: "" },
    { what: `${of}: records and spans twice`, values: twice, bound: 1, unit: "" },
    // More than this, and one core could not do it.
    { what: `${of}: processor time of a request`, values: processor, bound: 1e6 / RATE, unit: "µs" },
    { what: `${of}: all had arrived after the last`, values: behind, bound: 1_000 },
  ];
}

async function oneRun(receiver) {
  const folder = await mkdtemp(join(tmpdir(), "atoms-bench-drains-"));
  try {
    const options = JSON.stringify({ folder, receiver, rate: RATE, seconds: SECONDS });
    const [file, args] = onCore(cores?.proxy, process.execPath, [
      // As `atoms up` starts it.
      "--max-semi-space-size=32",
      pipeline,
      options,
    ]);
    const child = spawn(file, args, { stdio: ["ignore", "pipe", "inherit"] });
    let said = "";
    child.stdout.on("data", (chunk) => {
      said += chunk;
    });
    const code = await new Promise((resolve) => child.once("close", resolve));
    if (code !== 0) throw new Error(`the drains ended with ${code}; is the local cloud built?`);
    return JSON.parse(said);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}
