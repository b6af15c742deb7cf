import { endSessionsOf, setRolePassword } from "@atoms/databases";
import { type BreachOrder, type BreachSecret, type BreachWorld, recoverBreachFlow } from "@atoms/playbook";
import type { ControlPlane, OpenPlaybook } from "../../control-plane.js";
import { proveWell } from "../../emergency/health.js";
import { openForRollback } from "../../incidents/index.js";
import { whenPossible } from "../../when-possible.js";
import { recoveryNotices } from "../notices.js";
import { attackModeOf, passingChallenges } from "./attack-mode.js";
import { breachChecklist } from "./checklist.js";
import { endCredentials } from "./credentials.js";
import { keepEvidence } from "./evidence.js";
import { type KeptValues, keptValues } from "./kept-values.js";
import { databaseAddress, keptValueOf, makeValue } from "./new-value.js";

const flows = new WeakMap<ControlPlane, ReturnType<typeof makeFlow>>();
const evidenceMs = 10 * 60_000;
const aValueMs = 5 * 60_000;
const removalMs = 60 * 60_000;

/** The flow of recoveries from a breach of a control plane; the same one whenever it is asked for. */
export function breachFlowOf(plane: ControlPlane): ReturnType<typeof makeFlow> {
  const known = flows.get(plane) ?? makeFlow(plane);
  flows.set(plane, known);
  return known;
}

const makeFlow = (plane: ControlPlane) =>
  recoverBreachFlow((order) => whenPossible(plane, order.release, () => worldOf(plane, order)));

async function worldOf(plane: ControlPlane, order: BreachOrder): Promise<BreachWorld> {
  const { playbook, release } = order;
  const ref = { playbook: playbook.path, platform: order.platform };
  const open = await plane.open(ref, playbook.text);
  const { recovery, deadlines } = open.settings;
  const { secrets } = recovery.security_breach;
  const platform = await passingChallenges(await open.platform(), open);
  const { releases } = await plane.store();
  const kept = () => keptValues(plane.places, order);
  return {
    settings: {
      deadlines: { deploy: deadlines.deploy, settle: recovery.settle, shift: deadlines.shift },
    },
    secrets,
    old: recovery.security_breach.old_deployments,
    within: {
      evidence: evidenceMs,
      values: aValueMs * Math.max(1, secrets.length),
      removal: removalMs,
    },
    platform,
    releases,
    clock: plane.clock,
    interrupted: plane.interrupted(release),
    ...attackModeOf(open, platform, order),
    keepEvidence: (serving, signal) => keepEvidence(plane, open, platform, release, serving, signal),
    async openIncident(because) {
      const how = { severity: "P1", title: `Security breach of ${order.service}`, because } as const;
      return (await openForRollback(plane, open, ref, { id: release, ...placeOf(order) }, how)).id;
    },
    makeValue: async (secret, signal) => makeValue(plane, open, await kept(), secret, signal),
    async setVariable(secret, signal) {
      await platform.setVariable(
        secret.variable,
        keptValueOf(await kept(), secret),
        { secret: true },
        signal,
      );
    },
    async switchOver(secret, signal) {
      const { role, old, anew, addresses } = await bothSides(open, await kept(), secret);
      return setRolePassword([...addresses, old, anew], role, passwordOf(anew), signal);
    },
    async switchBack(secret, signal) {
      const { role, old, anew, addresses } = await bothSides(open, await kept(), secret);
      await setRolePassword([...addresses, anew, old], role, passwordOf(old), signal);
    },
    async endSessions(secret, before, signal) {
      const { role, anew, addresses } = await bothSides(open, await kept(), secret);
      return endSessionsOf([...addresses, anew], role, before, signal);
    },
    endCredentials: () => endCredentials(plane, open, order.actor),
    finish: async (left) => finish(plane, open, order, await kept(), left),
    proveWell: (input, signal) => proveWell(plane, open, platform, input, signal),
    tell: recoveryNotices(plane, open, order),
  };
}

const placeOf = ({ service, environment }: BreachOrder) => ({ service, environment });
const passwordOf = (url: string) => decodeURIComponent(new URL(url).password);

/** The address of before and the new one, and who else may change the password. */
async function bothSides(open: OpenPlaybook, kept: KeptValues, secret: BreachSecret) {
  if (secret.kind !== "postgres_password") throw new Error(`${secret.variable} has no other side`);
  const old = databaseAddress(open, secret);
  return {
    role: decodeURIComponent(old.username),
    old: old.href,
    anew: keptValueOf(kept, secret),
    addresses: secret.admin_url === undefined ? [] : [secret.admin_url],
  };
}

/** What people need is put aside: where the playbook itself has the old value, it would bring that back. */
function finish(
  plane: ControlPlane,
  open: OpenPlaybook,
  order: BreachOrder,
  kept: KeptValues,
  left: readonly string[],
): string[] {
  const { settings, platformName } = open;
  const { secrets } = settings.recovery.security_breach;
  const sets = settings.platforms[platformName]?.variables ?? {};
  const needed = secrets.filter(
    ({ variable, kind }) => kind === "postgres_password" || Object.hasOwn(sets, variable),
  );
  const aside = kept.putAside(
    order.release,
    needed.map(({ variable }) => variable),
  );
  return [
    ...secrets.flatMap((secret) =>
      secret.kind === "manual" && left.includes(secret.variable)
        ? [`${secret.variable} has its old value still: ${secret.how}`]
        : [],
    ),
    ...Object.entries(aside).map(([variable, path]) => {
      const secret = secrets.find((one) => one.variable === variable);
      const uses = [
        ...(Object.hasOwn(sets, variable)
          ? [
              `platforms.${platformName}.variables.${variable} is read from, or the next \`atoms deploy\` sets the old value`,
            ]
          : []),
        ...(secret?.kind === "postgres_password"
          ? [`backup.databases.${secret.database}.url is read from, or no backup can be taken`]
          : []),
      ];
      return `The new value of ${variable} is in ${path}: put it where ${uses.join(", and where ")}; then delete the file.`;
    }),
    ...breachChecklist(open, plane.env),
  ];
}
