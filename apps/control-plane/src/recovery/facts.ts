import {
  chooseBackup,
  chooseMove,
  type DatabaseFinding,
  type DatabaseMove,
  type Databases,
  databaseIn,
  differencesOf,
  healthJson,
  type Platform,
  RecoveryDatabaseSettings,
  type RecoveryFacts,
  type RecoveryOrder,
  type StandbyFinding,
  valueAt,
} from "@atoms/playbook";
import { fullPorts } from "../backups/index.js";
import type { ControlPlane, OpenPlaybook } from "../control-plane.js";
import { type KnownBackup, knownBackups } from "./known.js";
import { lookAtDatabase } from "./look.js";

/** What the playbook says of recovering a database; the defaults where it says nothing. */
export const recoverySettingsOf = ({ settings }: Pick<OpenPlaybook, "settings">, database: string) =>
  settings.recovery.databases[database] ?? RecoveryDatabaseSettings.parse({});

/** Looks at the databases of an order, at their standbys and at the service, and chooses what is done with each. */
export async function chooseMoves(
  plane: ControlPlane,
  open: OpenPlaybook,
  platform: Platform,
  order: Pick<RecoveryOrder, "databases" | "consent">,
  headers: Record<string, string>,
  signal: AbortSignal,
): Promise<DatabaseMove[]> {
  const known = await knownBackups(plane, open);
  const health = await healthNow(plane, open, platform, headers, signal);
  const { databases } = fullPorts(plane, open, [], () => undefined);
  return Promise.all(
    order.databases.map(async (name) => {
      const settings = open.settings.backup.databases[name];
      if (settings === undefined) throw new Error(`the playbook lost its database ${name}`);
      const finding = await lookAtDatabase(name, settings, known, databases, signal);
      const { standby_url: url, status, target, words } = recoverySettingsOf(open, name);
      const uses = valueAt(health, target);
      const state = valueAt(health, status);
      const facts: RecoveryFacts = {
        finding,
        ...(url === undefined || finding.state !== "away"
          ? {}
          : {
              standby: await lookAtStandby(
                finding,
                { ...settings, url },
                known,
                order.consent.backup,
                databases,
                signal,
              ),
            }),
        ...(typeof uses === "string"
          ? { serves: { target: uses, well: typeof state === "string" && words.includes(state) } }
          : {}),
      };
      return chooseMove(facts, order.consent);
    }),
  );
}

/** The health of the service as one production host tells it now; undefined when none does. */
async function healthNow(
  plane: ControlPlane,
  { settings }: OpenPlaybook,
  platform: Platform,
  headers: Record<string, string>,
  signal: AbortSignal,
): Promise<unknown> {
  const [host] = (await platform.production(signal)).hosts;
  if (host === undefined) return undefined;
  return healthJson(
    await plane.http.send({ url: host + settings.service.health, headers, timeoutMs: 5_000 }, signal),
  );
}

async function lookAtStandby(
  { name, backups }: DatabaseFinding,
  settings: Parameters<typeof lookAtDatabase>[1],
  known: readonly KnownBackup[],
  asked: string | undefined,
  databases: Databases,
  signal: AbortSignal,
): Promise<StandbyFinding> {
  const { where, target, state, because, fit } = await lookAtDatabase(
    name,
    settings,
    known,
    databases,
    signal,
  );
  const chosen = asked ?? chooseBackup(backups)?.id;
  const backup = known.find((one) => one.backup.id === chosen)?.backup;
  // Counting rows takes its time, so only where the objects are the same.
  const holdsBackup =
    state === "in use" &&
    backup !== undefined &&
    fit?.fits === true &&
    differencesOf(
      databaseIn(backup, name).contents,
      await databases.contents(settings.url, undefined, signal),
    ).length === 0;
  return {
    where,
    target,
    state,
    holdsBackup,
    anotherSchema: fit?.fits === false && !fit.newer,
    ...(because === undefined ? {} : { because }),
  };
}
