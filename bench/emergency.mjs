// Three in the morning: from `atoms emergency` to the assessment, with a control plane, after its death, and with its database
// away; and from `atoms maintenance start` to a closed door on every host of the Atoms MCP Server, and back.
import { cpSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { start as startPostgres } from "../scripts/postgres.mjs";
import { atomsMcpPlaybook } from "./lib/atoms-mcp-playbook.mjs";
import { ownDatabase } from "./lib/own-database.mjs";
import { atomsProgram, withShop } from "./lib/shop.mjs";
import { wallTimes } from "./lib/wall-time.mjs";

const bundle = fileURLToPath(new URL("../services/atoms-mcp/deploy", import.meta.url));
const assessment = 5_000;
const door = 10_000;

const playbook = atomsMcpPlaybook({ maintenance: "  closes_within: 60s\n  opens_within: 60s\n" });

/** @param {{ runs: number }} options */
export default async function emergency({ runs }) {
  const postgres = await startPostgres({ durable: true });
  try {
    return await withShop(async (shop) => {
      const { folder, env, atoms } = shop;
      await atoms("down");
      env.DATABASE_URL = await ownDatabase(postgres.url, "atoms");
      env.SHOP_DATABASE_URL = await ownDatabase(postgres.url, "shop");
      cpSync(bundle, join(folder, "service"), { recursive: true });
      writeFileSync(join(folder, "playbook.yaml"), playbook);
      await atoms("deploy", "--now");
      await atoms("up");
      return [...(await doors(shop, Math.min(runs, 5))), ...(await assessments(shop, postgres, runs))];
    });
  } finally {
    await postgres.stop();
  }
}

async function doors({ atoms }, runs) {
  const [closed, opened] = [[], []];
  for (let n = 0; n < runs; n++) {
    const begun = (await atoms("maintenance", "start", "bench", "--without-tasks")).at(-1).maintenance;
    closed.push(begun.closed.ms);
    const before = performance.now();
    await atoms("maintenance", "end");
    opened.push(performance.now() - before);
  }
  return [
    { what: "maintenance: from the flag to a closed door on every host", values: closed, bound: door },
    { what: "`atoms maintenance end`: until it is proven open", values: opened },
  ];
}

async function assessments({ folder, env }, postgres, runs) {
  const assess = () => wallTimes(runs, [atomsProgram, "emergency", "--json"], { cwd: folder, env });
  const rows = [
    { what: "`atoms emergency`, control plane running", values: await assess(), bound: assessment },
  ];
  const { pid } = JSON.parse(readFileSync(join(folder, ".atoms/run/control-plane.json"), "utf8"));
  process.kill(pid, "SIGKILL");
  rows.push({ what: "`atoms emergency`, control plane killed", values: await assess(), bound: assessment });
  await postgres.down("crash");
  rows.push({
    what: "`atoms emergency`, its database away as well",
    values: await assess(),
    bound: assessment,
  });
  await postgres.up();
  return rows;
}
