import {
  type DatabaseMove,
  type RecoveryOrder,
  type RecoveryWorld,
  recoverDatabaseFlow,
} from "@atoms/playbook";
import type { ControlPlane, OpenPlaybook } from "../control-plane.js";
import { probeHeaders } from "../probe-headers.js";
import { whenPossible } from "../when-possible.js";
import { chooseMoves, recoverySettingsOf } from "./facts.js";
import { recoveryNotices } from "./notices.js";
import { addressOf, restoreForRecovery } from "./restore.js";

const flows = new WeakMap<ControlPlane, ReturnType<typeof makeFlow>>();

/** The flow of recoveries of a control plane; the same one whenever it is asked for. */
export function recoveryFlowOf(plane: ControlPlane): ReturnType<typeof makeFlow> {
  const known = flows.get(plane) ?? makeFlow(plane);
  flows.set(plane, known);
  return known;
}

const makeFlow = (plane: ControlPlane) =>
  recoverDatabaseFlow((order) => whenPossible(plane, order.release, () => worldOf(plane, order)));

async function worldOf(plane: ControlPlane, order: RecoveryOrder): Promise<RecoveryWorld> {
  const open = await plane.open(
    { playbook: order.playbook.path, platform: order.platform },
    order.playbook.text,
  );
  const { settings } = open;
  const { recovery, deadlines } = settings;
  const platform = await open.platform();
  const { releases, ledger } = await plane.store();
  const { clock, http } = plane;
  const headers = () => probeHeaders(platform, settings);
  return {
    settings: {
      targets: recovery.targets,
      deadlines: {
        look: deadlines.preflight,
        restore: recovery.deadline,
        deploy: deadlines.deploy,
        settle: recovery.settle,
        shift: deadlines.shift,
      },
      health: settings.service.health,
    },
    platform,
    releases,
    ledger,
    http,
    clock,
    interrupted: plane.interrupted(order.release),
    headers,
    look: (signal) => chooseMoves(plane, open, platform, order, headers(), signal),
    expectation({ database, target: is }) {
      const { status, target, words } = recoverySettingsOf(open, database);
      return { database, status, target, words, is };
    },
    restore: (move, backup, tell, signal) =>
      restoreForRecovery(plane, open, order, move, backup, tell, signal),
    pointAtStandby: (move, signal) =>
      platform.setVariable(move.variable, addressOf(open, move), { secret: true }, signal),
    afterwards: (move) => afterwardsOf(open, move),
    tell: recoveryNotices(plane, open, order),
  };
}

/** The playbook still leads to the database that is lost. */
function afterwardsOf(
  { settings, platformName }: OpenPlaybook,
  { database, place, variable, where }: DatabaseMove & { do: "restore" },
): string[] {
  if (place === "in place") return [];
  const sets = Object.hasOwn(settings.platforms[platformName]?.variables ?? {}, variable);
  return [
    `Change the variable that backup.databases.${database}.url is read from to the address of ${where}: until then backups are of the database that is lost.`,
    ...(sets
      ? [
          `platforms.${platformName}.variables.${variable} of the playbook must say the same before the next \`atoms deploy\`, which would set it back.`,
        ]
      : []),
    `Name another standby as recovery.databases.${database}.standby_url: this one is in use now.`,
  ];
}
