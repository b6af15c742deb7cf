import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { dnsProvider, startNameServer } from "@atoms/dns";
import {
  type DnsRecord,
  type DnsSettings,
  drillCouldNotBegin,
  drillFailed,
  type Http,
  healthSeen,
} from "@atoms/playbook";
import { recoverOutage } from "../../verbs/recovery-outage.js";
import { throughName } from "../outage/outside.js";
import type { Stage } from "./scenario.js";
import { standbyAddress, startStandby } from "./standby.js";
import { drillActor, mainUrls, seconds, stopwatch, untilIll, untilReleased } from "./steps.js";

const home = "127.0.0.1";
/** What resolvers would remember; on a stage nobody does. */
const ttl = 300;

/** How long it took until users were served by the standby, and until they were back. */
export type NameChange = {
  rtoMs: number;
  noticedMs: number;
  recoveryMs: number;
  backMs: number;
  hosts: number;
};

/**
 * The platform is gone, its interface too. The recovery has to find the standby well and to lead users' name there, and to lead it
 * back when the platform is there again. The records are in a file of the stage, and a name server of its own answers with them:
 * nothing of this is the public's.
 */
export async function rehearseNameChange(stage: Stage, tell: (doing: string) => void): Promise<NameChange> {
  const { plane, platform, order, signal } = stage;
  tell("starting a standby, and a name server of the stage");
  const [url = ""] = (await platform.production(signal)).hosts;
  const { hostname: name, port } = new URL(url);
  const file = join(order.folder, "records.json");
  const records: DnsRecord[] = [{ type: "A", value: home, ttl }];
  writeFileSync(file, JSON.stringify({ [name]: records }), { mode: 0o600 });
  const dns: DnsSettings = { kind: "file", name, path: file, within: order.settleMs };
  const kept = dnsProvider(dns, { clock: plane.clock, folder: order.folder, run: async () => undefined });
  const names = await startNameServer((asked) => kept.read(asked, signal));
  stage.atTheEnd(() => names.close());
  const standby = await startStandby(stage, Number(port));
  const playbook = join(order.folder, "playbook-name.yaml");
  writeFileSync(
    playbook,
    withName(order.playbook, {
      public_url: url,
      dns: { kind: dns.kind, name, path: file },
      standby: { url: standby, proof: order.standby, records: [{ type: "A", value: standbyAddress }] },
      name_servers: [names.server],
    }),
    { mode: 0o600 },
  );
  const open = await plane.open({ playbook });
  /** Users find their way by the name server of the stage. */
  const users = async (): Promise<{ hosts: string[]; http: Http }> => ({
    hosts: [url],
    http: (await throughName(plane, open, signal)).http,
  });
  const before = await stage.well(mainUrls(stage), order.settleMs, await users());
  if (!before.proven)
    throw drillCouldNotBegin({
      because: `the service is not well by its name on the stage: ${healthSeen(before.hosts)}`,
    });

  tell("taking the whole platform down");
  const bringBack = await stage.loseCloud();
  const since = stopwatch(stage);
  await untilIll(
    stage,
    await users(),
    () => "The platform was taken down, and the service went on to answer by its name.",
  );
  const noticedMs = since();

  tell(`nothing answers after ${seconds(noticedMs)}; leading users to the standby as in earnest`);
  const asked = { playbook, confirm: order.scenario };
  await untilReleased(stage, await recoverOutage.run(plane, recoverOutage.input.parse(asked), drillActor));
  const recoveryMs = since() - noticedMs;
  await proveLed(stage, { name, to: standbyAddress, kept }, await users(), order.standby);
  const rtoMs = since();

  tell(`served by the standby after ${seconds(rtoMs)}; the platform comes back, leading users back`);
  await bringBack();
  const sinceBack = stopwatch(stage);
  await untilReleased(
    stage,
    await recoverOutage.run(plane, recoverOutage.input.parse({ ...asked, back: true }), drillActor),
  );
  await proveLed(stage, { name, to: home, kept }, await users(), "health");
  return { rtoMs, noticedMs, recoveryMs, backMs: sinceBack(), hosts: 1 };
}

/** The playbook of the stage with what an outage needs to know of a name, beside the regions that it has. */
function withName(path: string, outage: Record<string, unknown>): string {
  const playbook = JSON.parse(readFileSync(path, "utf8")) as { recovery: Record<string, object> };
  playbook.recovery["service_outage"] = { ...playbook.recovery["service_outage"], ...outage };
  return JSON.stringify(playbook, null, 2);
}

/** Proves on the drill's own account where users are led, and that they are served there. @throws ATM-680. */
async function proveLed(
  stage: Stage,
  { name, to, kept }: { name: string; to: string; kept: ReturnType<typeof dnsProvider> },
  users: { hosts: string[]; http: Http },
  proof: "health" | "answer" | undefined,
): Promise<void> {
  const { order, signal } = stage;
  const led = (await kept.read(name, signal)).map(({ value }) => value);
  if (led.length !== 1 || led[0] !== to)
    throw drillFailed({
      because: `The recovery said that it was done, and ${name} leads to ${led.join(", ") || "nothing"} instead of ${to}.`,
    });
  if (proof === "answer") {
    const [url = ""] = users.hosts;
    const answer = await users.http.send({ url, timeoutMs: order.settleMs }, signal);
    if (answer.answered && answer.status >= 200 && answer.status < 300) return;
    throw drillFailed({
      because: `The recovery said that it was done, and the standby ${answer.answered ? `answers ${answer.status}` : answer.message}.`,
    });
  }
  const seen = await stage.well(mainUrls(stage), order.settleMs, users);
  signal.throwIfAborted();
  if (!seen.proven)
    throw drillFailed({
      because: `The recovery said that it was done, and the service is not well by its name: ${healthSeen(seen.hosts)}`,
    });
}
