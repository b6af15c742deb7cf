import { createServer } from "node:http";
import type { AddressInfo, Server } from "node:net";
import { join } from "node:path";
import { startLocalCloud } from "@atoms/local-cloud";
import { drillCouldNotBegin } from "@atoms/playbook";
import { vercelPlatform } from "@atoms/vercel";
import { deployService } from "./deploy.js";
import { gateTo } from "./gate.js";
import type { Stage } from "./scenario.js";

/** Another address of this machine, which the name is led to. */
export const standbyAddress = "127.0.0.2";

/**
 * What users are led to in a drill: where the playbook's standby has a health, the same service with the same databases on another
 * local cloud, else a page. Users reach it at another address of this machine, by the port that they know.
 * @param port The port of users' address. @returns where it answers by itself.
 */
export async function startStandby(stage: Stage, port: number): Promise<string> {
  const own = stage.order.standby === "answer" ? await servePage(stage) : await serveService(stage);
  const gate = gateTo({ host: "127.0.0.1", port: Number(new URL(own).port) });
  await listen(stage, gate.server, port, standbyAddress);
  stage.atTheEnd(async () => gate.cut());
  return own;
}

async function servePage(stage: Stage): Promise<string> {
  const server = createServer((_, response) => {
    response.writeHead(200, { "content-type": "text/plain" }).end("The service is being moved.\n");
  });
  const port = await listen(stage, server, 0, "127.0.0.1");
  return `http://127.0.0.1:${port}`;
}

async function serveService(stage: Stage): Promise<string> {
  const { order, plane, signal } = stage;
  const cloud = await startLocalCloud({ folder: join(order.folder, "standby") });
  stage.atTheEnd(() => cloud.close());
  const platform = vercelPlatform({
    name: "local",
    api: cloud.apiUrl,
    token: cloud.token,
    team: cloud.team.id,
    project: order.service,
    edgeUrl: cloud.edgeUrl,
    clock: plane.clock,
    random: Math.random,
  });
  stage.atTheEnd(() => platform.close());
  await deployService(stage, platform);
  const [host] = (await platform.production(signal)).hosts;
  return host ?? cloud.edgeUrl;
}

/** @returns the port. @throws ATM-679. */
async function listen(stage: Stage, server: Server, port: number, host: string): Promise<number> {
  await new Promise<void>((resolve, reject) => {
    server.once("error", (error: NodeJS.ErrnoException) =>
      reject(
        drillCouldNotBegin({ because: `nothing can listen on ${host}:${port} (${error.code ?? "unknown"})` }),
      ),
    );
    server.listen(port, host, resolve);
  });
  stage.atTheEnd(async () => void server.close());
  return (server.address() as AddressInfo).port;
}
