import { databaseRows } from "@atoms/databases";
import {
  besideAddress,
  type DataOrder,
  type DataWorld,
  databaseIn,
  isProblem,
  readFullBackup,
  recoverDataFlow,
  restoreBeside,
} from "@atoms/playbook";
import { fullPorts, takeFull } from "../../backups/index.js";
import type { ControlPlane } from "../../control-plane.js";
import type { JobPort } from "../../jobs.js";
import { probeHeaders } from "../../probe-headers.js";
import { whenPossible } from "../../when-possible.js";
import { recoverySettingsOf } from "../facts.js";
import { recoveryNotices } from "../notices.js";
import { seldom, tellUnsound } from "../restore.js";
import { settingsOf } from "./choose.js";
import { besideName, checked, compareTables, readUnchanged } from "./compare.js";

const flows = new WeakMap<ControlPlane, ReturnType<typeof makeFlow>>();

/** The flow that takes rows back, of a control plane; the same one whenever it is asked for. */
export function dataFlowOf(plane: ControlPlane): ReturnType<typeof makeFlow> {
  const known = flows.get(plane) ?? makeFlow(plane);
  flows.set(plane, known);
  return known;
}

const makeFlow = (plane: ControlPlane) =>
  recoverDataFlow((order) => whenPossible(plane, order.release, () => worldOf(plane, order)));

async function worldOf(plane: ControlPlane, order: DataOrder): Promise<DataWorld> {
  const open = await plane.open(
    { playbook: order.playbook.path, platform: order.platform },
    order.playbook.text,
  );
  const { settings } = open;
  const { recovery, deadlines } = settings;
  const { url, scratch_url } = settingsOf(open, order.database);
  const platform = await open.platform();
  const { releases } = await plane.store();
  const { clock, http } = plane;
  const rows = databaseRows(plane);
  const portsFor = (tell: (doing: string) => void) => ({
    ...fullPorts(plane, open, order.keys, seldom(plane, tell)),
    rows,
  });
  const { databases } = portsFor(() => undefined);
  const where = databases.shown(url);
  const how = {
    at: order.choice.take === "whole" ? url : (scratch_url ?? url),
    name: besideName(order.startedAt, order.release),
    label: `Restored by Atoms (${order.release}) from ${order.backup.id}`,
  };
  /** What lies beside may be gone when a recovery goes on a day later. */
  const beside = async (tell: (doing: string) => void, signal: AbortSignal) => {
    const ports = portsFor(tell);
    try {
      const backup = await readUnchanged(plane, ports, order.backup.id);
      return await restoreBeside(backup, databaseIn(backup, order.database), how, ports, signal);
    } catch (error) {
      if (isProblem(error)) await tellUnsound(plane, open, order.actor, order.backup.id, error);
      throw error;
    }
  };
  const { status, target, words } = recoverySettingsOf(open, order.database);
  return {
    settings: {
      targets: recovery.targets,
      deadlines: { look: deadlines.preflight, restore: recovery.deadline, settle: recovery.settle },
      health: settings.service.health,
    },
    platform,
    releases,
    http,
    clock,
    interrupted: plane.interrupted(order.release),
    headers: () => probeHeaders(platform, settings),
    where,
    expectation: { database: order.database, status, target, words, is: databases.target(url) },
    async check(signal) {
      const ports = portsFor(() => undefined);
      const backup = await readUnchanged(plane, ports, order.backup.id);
      return checked(order.choice, backup, order.database, url, ports, signal);
    },
    async restoreBeside(tell, signal) {
      await beside(tell, signal);
    },
    async compare(choice, tell, signal) {
      const there = await beside(tell, signal);
      const ports = portsFor(tell);
      const backup = await readFullBackup(ports, order.backup.id);
      return compareTables(
        { backup, database: order.database, beside: there, living: url, choice },
        ports,
        (doing) => ports.progress({ doing }),
        signal,
      );
    },
    async keep(tell, signal) {
      const job: JobPort = { say: () => undefined, progress: seldom(plane, tell), signal };
      const asked = { databases: [order.database], actor: order.actor };
      return (await takeFull(plane, open, asked, job)).backup.id;
    },
    async takeBack(choices, tell, signal) {
      try {
        const there = await beside(tell, signal);
        const { progress } = portsFor(tell);
        const taken = await rows.takeBack(
          { beside: there, living: url, name: order.release, rows: choices },
          (table, count) => progress({ doing: `comparing ${table}, ${count} rows` }),
          signal,
        );
        return { taken };
      } catch (error) {
        if (!isProblem(error) || !["ATM-690", "ATM-691"].includes(error.code)) throw error;
        return { refused: error.toJSON() };
      }
    },
    async swap(signal) {
      const stamp = new Date(order.startedAt).toISOString().slice(0, 19).replace(/[-:T]/g, "");
      const aside = `${where.split("/").at(-1)?.slice(0, 40)}_before_${stamp}`;
      if ((await databases.label(url, signal)) === how.label) return aside;
      await databases.swap(url, await beside(() => undefined, signal), aside, signal);
      return aside;
    },
    leave: () => databases.drop(besideAddress(how)),
    tell: recoveryNotices(plane, open, order),
  };
}
