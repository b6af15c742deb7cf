import { drillCouldNotBegin, type Platform } from "@atoms/playbook";
import { versionAt } from "../../release-id.js";
import { keepSource } from "../../source.js";
import { readBlob } from "../../workspace/index.js";
import type { Stage } from "./scenario.js";

const buildMs = 600_000;
const pollMs = 100;

type DeployedBy = Pick<Stage, "order" | "plane" | "of" | "signal">;

/** The variables by which the service finds the databases of a stage. */
export const databaseVariables = ({ order, of }: Pick<Stage, "order" | "of">): Record<string, string> =>
  Object.fromEntries(of.map(({ name, main }) => [order.databases[name]?.variable ?? "DATABASE_URL", main]));

/** Deploys the service of the playbook to a cloud of a drill, and puts it in production there. @throws ATM-679. */
export async function deployService(stage: DeployedBy, platform: Platform): Promise<void> {
  const { order, plane, signal } = stage;
  const own = databaseVariables(stage);
  await platform.ensureProject(signal);
  for (const [key, value] of Object.entries({ ...order.variables, ...own }))
    await platform.setVariable(key, value, { secret: key in own || order.secrets.includes(key) }, signal);
  const source = await keepSource(plane.places, order.source, order.own);
  const { id } = await platform.createDeployment(
    {
      release: order.drill,
      version: versionAt(plane.clock.now()),
      source,
      variables: {},
      read: ({ sha1, path }) => readBlob(plane.places.blobs, sha1, path),
    },
    signal,
  );
  await built(stage, platform, id);
  await platform.promote(id, signal);
}

async function built({ plane, signal }: DeployedBy, platform: Platform, id: string): Promise<void> {
  const until = plane.clock.monotonic() + buildMs;
  for (;;) {
    const found = await platform.deployment(id, signal);
    if (found?.state === "ready") return;
    if (found?.state !== "building" || plane.clock.monotonic() > until) {
      const lines = (await platform.logs(id, 10, signal)).map(({ text }) => text.trim()).slice(-3);
      throw drillCouldNotBegin({
        because: `the service was not built: ${found?.failure ?? found?.state ?? "gone"} ${lines.join(" / ")}`,
      });
    }
    await plane.clock.sleep(pollMs, signal);
  }
}
