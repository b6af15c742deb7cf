import { randomBytes } from "node:crypto";
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { triesSession } from "@atoms/databases";
import {
  type BreachSecret,
  drillCouldNotBegin,
  drillFailed,
  type Intrusion,
  noServerForDrill,
  nothingToRotate,
  noWayIn,
} from "@atoms/playbook";
import type { OpenPlaybook } from "../../control-plane.js";
import { recoverBreach } from "../../verbs/recovery-breach.js";
import { startIntruder, within } from "./intruder.js";
import { stageVariable } from "./playbook.js";
import type { DrillScenario, Stage, StageAdditions } from "./scenario.js";
import { drillActor, mainUrls, proveRecovered, seconds, stopwatch, untilReleased } from "./steps.js";
import { triesRequest } from "./tries-request.js";
import { watchUsers } from "./users.js";

/** A way in by a secret that is not a database's. */
type Door = { way: string; intrusion: Intrusion };

/**
 * The old secrets of the service are leaked to an intruder, who comes in by them again and again. `atoms recover
 * security_breach` has to shut that door, while users are served and whoever has the new secrets comes in.
 */
export const securityBreachDrill: DrillScenario = {
  check({ settings: { recovery }, service }) {
    const { security_breach, drill } = recovery;
    const { secrets } = security_breach;
    if (secrets.length === 0) throw nothingToRotate({ service });
    const stray = drill.intruder.find(
      ({ variable }) => !secrets.some((one) => one.variable === variable && one.kind !== "postgres_password"),
    );
    if (stray !== undefined)
      throw noWayIn({
        because: `recovery.drill.intruder tries ${stray.variable}, which is no secret of recovery.security_breach.secrets, or is a database's and is tried anyway`,
      });
    const ofDatabases = secrets.some(({ kind }) => kind === "postgres_password");
    if (!ofDatabases && drill.intruder.length === 0)
      throw noWayIn({
        because:
          "no secret of recovery.security_breach.secrets is the password of a database, and recovery.drill.intruder names no request by which another one opens the service",
      });
    if (ofDatabases && drill.server_url !== undefined)
      throw noServerForDrill({
        because:
          "security_breach changes the password of a database's role, and the server of recovery.drill.server_url is not the drill's to change.",
      });
  },
  additions,
  async rehearse(stage, tell) {
    const { plane, order, signal } = stage;
    const { settings } = await plane.open({ playbook: order.playbook });
    const { secrets, old_deployments } = settings.recovery.security_breach;
    const { intruder: intrusions } = settings.recovery.drill;
    const doors = intrusions.map(
      (intrusion): Door => ({ way: `${intrusion.variable} at ${intrusion.path}`, intrusion }),
    );
    const databases = secrets.flatMap((secret) =>
      secret.kind === "postgres_password" ? [{ way: secret.variable, secret }] : [],
    );
    const old = (variable: string) => order.variables[variable] ?? "";
    const { deployment: before } = await stage.platform.production(signal);
    const users = await watchUsers(stage);
    await refuseOpenDoors(stage, doors);

    tell("leaking the secrets: an intruder comes in by them");
    const requests = await Promise.all(
      doors.map(async ({ way, intrusion }) => ({
        way,
        request: await requestOf(stage, intrusion, old(intrusion.variable)),
      })),
    );
    const intruder = startIntruder(stage, {
      databases: databases.map(({ way, secret }) => ({ way, url: mainUrls(stage)[secret.database] ?? "" })),
      requests,
    });
    if (!(await within(stage, order.settleMs, () => intruder.outside().length === 0)))
      throw drillCouldNotBegin({
        because: `the right secret did not open the service in ${seconds(order.settleMs)}: ${intruder.outside().join(", ")}.`,
      });
    // From here on somebody is in by every one of them, and that is known.
    const leakedAt = plane.clock.now();
    const since = stopwatch(stage);

    tell("recovering as in earnest");
    const given = Object.fromEntries(
      secrets.flatMap(({ variable, kind }) => (kind === "manual" ? [[variable, randomValue()]] : [])),
    );
    const asked = { playbook: order.playbook, confirm: order.scenario, because: "a drill", given };
    const release = await recoverBreach.run(plane, recoverBreach.input.parse(asked), drillActor);
    await untilReleased(stage, release);
    const recoveryMs = since();
    const { hosts } = await proveRecovered(stage, {});
    const kept = (variable: string) => newValue(stage, release.id, variable);
    for (const { way, intrusion } of doors) {
      const came = await triesRequest(
        plane.http,
        await requestOf(stage, intrusion, kept(intrusion.variable)),
      );
      if (came !== "opens")
        throw drillFailed({ because: `The new value of ${way} does not open the service.` });
    }
    for (const { way, secret } of databases)
      if ((await triesSession(kept(secret.variable))) !== "opens")
        throw drillFailed({ because: `The new password of ${way} opens no session.` });
    const rtoMs = since();

    tell(`well with new secrets after ${seconds(rtoMs)}; looking whether the intruder is out`);
    if (!(await within(stage, order.settleMs, () => intruder.inside().length === 0)))
      throw drillFailed({
        because: `The recovery said that it was done, and ${seconds(order.settleMs)} later an old secret is not refused: ${intruder.inside().join(", ")}.`,
      });
    const stillIn = await inByOwnAddress(stage, before?.address ?? "", doors, old);
    if (stillIn.length > 0 && old_deployments === "remove")
      throw drillFailed({
        because: `The recovery said that it removed the deployments made before, and one lets in with the old value at its own address: ${stillIn.join(", ")}.`,
      });
    const served = await users.stop();
    signal.throwIfAborted();
    return {
      rtoMs,
      noticedMs: 0,
      recoveryMs,
      shutOutMs: Math.max(0, intruder.shutOutAt() - leakedAt),
      hosts,
      found: [
        `the intruder came in ${intruder.entered()} times, and by none of the old secrets any more; the new ones open`,
        ...(old_deployments === "remove" ? ["what was deployed before is gone, and lets nobody in"] : []),
        ...(stillIn.length === 0
          ? []
          : [
              `what was deployed before still lets in with the old value, at its own address: ${stillIn.join(", ")} (recovery.security_breach.old_deployments is keep)`,
            ]),
        served,
        ...untried(secrets, intrusions),
      ],
    };
  },
};

const randomValue = () => randomBytes(24).toString("base64url");
const variableOf = (index: number) => `ATOMS_DRILL_SECRET_${index}`;

/**
 * Every secret has a value on the stage, and a new one is kept where the drill can read it. No command of the playbook is run
 * for one, because it would change production's.
 */
function additions({ settings }: OpenPlaybook): StageAdditions {
  const { drill, security_breach } = settings.recovery;
  const own = security_breach.secrets.filter(({ kind }) => kind !== "postgres_password");
  const values = own.map(({ variable }) => drill.variables[variable] ?? randomValue());
  const named = (of: (index: number) => string) =>
    Object.fromEntries(own.map(({ variable }, index) => [variable, of(index)]));
  return {
    variables: named((index) => values[index] ?? ""),
    environment: Object.fromEntries(values.map((value, index) => [variableOf(index), value])),
    sections: {
      platforms: { local: { variables: named((index) => stageVariable(variableOf(index))) } },
      recovery: {
        security_breach: {
          secrets: security_breach.secrets.map(onStage),
          old_deployments: security_breach.old_deployments,
        },
        drill: { intruder: drill.intruder },
      },
    },
  };
}

function onStage(secret: BreachSecret): object {
  const { variable } = secret;
  switch (secret.kind) {
    case "command":
      return { variable, kind: "generated" };
    case "postgres_password":
      return { variable, kind: secret.kind, database: secret.database };
    default:
      return secret;
  }
}

/** Ways that are open at the address of what was deployed before, where users do not come but others may. */
async function inByOwnAddress(
  stage: Stage,
  address: string,
  doors: readonly Door[],
  old: (variable: string) => string,
): Promise<string[]> {
  const open: string[] = [];
  for (const { way, intrusion } of doors) {
    const request = await requestOf(stage, intrusion, old(intrusion.variable), address);
    if ((await triesRequest(stage.plane.http, request)) === "opens") open.push(way);
  }
  return open;
}

/** @param address Where it is asked; a host of production when left out. */
async function requestOf(
  { platform, order, signal }: Stage,
  { path, method, header, value, body }: Intrusion,
  secret: string,
  address?: string,
) {
  const host = address ?? (await platform.production(signal)).hosts[0] ?? "";
  const filled = (text: string) => text.replaceAll("{secret}", secret);
  return {
    url: `${host}${path}`,
    method,
    headers: {
      ...platform.passHeaders(),
      ...(order.probe === undefined ? {} : { [order.probe.name]: order.probe.value }),
      [header]: filled(value),
      ...(body === undefined ? {} : { "content-type": "application/json" }),
    },
    ...(body === undefined ? {} : { body: filled(body) }),
  };
}

/** What answers whoever asks shows nothing when it answers an intruder. @throws ATM-679. */
async function refuseOpenDoors(stage: Stage, doors: readonly Door[]): Promise<void> {
  for (const { way, intrusion } of doors) {
    const came = await triesRequest(stage.plane.http, await requestOf(stage, intrusion, randomValue()));
    if (came !== "refused")
      throw drillCouldNotBegin({
        because: `${way} is not refused with a wrong value (401 or 403), so that nothing would show that an intruder is out.`,
      });
  }
}

/** What a recovery has put aside for people. @throws ATM-680. */
function newValue({ plane }: Stage, release: string, variable: string): string {
  const file = join(plane.places.keys, `rotated.${release}`, variable);
  if (!existsSync(file)) throw drillFailed({ because: `The new value of ${variable} was not put aside.` });
  return readFileSync(file, "utf8");
}

/** What the drill says nothing about. */
function untried(secrets: readonly BreachSecret[], intrusions: readonly Intrusion[]): string[] {
  const silent = secrets.filter(
    ({ variable, kind }) =>
      kind !== "postgres_password" && !intrusions.some((one) => one.variable === variable),
  );
  if (silent.length === 0) return [];
  const names = silent.map(({ variable }) => variable).join(", ");
  return [
    `nobody tried to come in by ${names}: recovery.drill.intruder names no request for ${silent.length === 1 ? "it" : "them"}`,
  ];
}
