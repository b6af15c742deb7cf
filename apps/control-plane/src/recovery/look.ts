import {
  addressMistaken,
  anotherSchema,
  type BackupFit,
  chooseBackup,
  type DatabaseFinding,
  type DatabaseSettings,
  type Databases,
  databaseIn,
  databaseNewer,
  type FullBackup,
  isProblem,
  lookAtTarget,
  type RecoveryBackup,
} from "@atoms/playbook";

/**
 * Looks at a database after a failure. Reads only, and no rows.
 * @param known Whole backups, newest first, each with how its last trial went.
 * @throws ATM-247 when the address is none. A server that does not answer is an answer.
 */
export async function lookAtDatabase(
  name: string,
  settings: DatabaseSettings,
  known: readonly { backup: FullBackup; sound?: boolean }[],
  databases: Databases,
  signal?: AbortSignal,
): Promise<DatabaseFinding> {
  const { url, variable } = settings;
  const holding = known.filter(({ backup }) => backup.manifest.databases.some((one) => one.name === name));
  const backups = holding.map(
    ({ backup, sound }): RecoveryBackup => ({
      id: backup.id,
      takenAt: Date.parse(backup.manifest.created_at),
      ...(sound === undefined ? {} : { sound }),
    }),
  );
  const shared = { name, variable, where: databases.shown(url), target: databases.target(url), backups };
  try {
    const facts = await databases.facts(url, signal);
    if (facts === undefined) return { ...shared, state: "gone" };
    const objects = await databases.objects(url, signal);
    if (!Object.keys(objects).some((object) => object.startsWith("table ")))
      return { ...shared, state: "empty" };
  } catch (error) {
    signal?.throwIfAborted();
    if (!isProblem(error) || error.code === addressMistaken.code) throw error;
    return { ...shared, state: "away", because: error.happened };
  }
  const chosen = chooseBackup(backups)?.id;
  const backup = holding.find((one) => one.backup.id === chosen)?.backup;
  return {
    ...shared,
    state: "in use",
    ...(backup === undefined ? {} : { fit: await fitOf(name, backup, url, databases, signal) }),
  };
}

async function fitOf(
  name: string,
  backup: FullBackup,
  url: string,
  databases: Databases,
  signal?: AbortSignal,
): Promise<BackupFit> {
  try {
    await lookAtTarget(backup, databaseIn(backup, name), url, false, { databases }, signal);
    return { fits: true };
  } catch (error) {
    signal?.throwIfAborted();
    const newer = isProblem(error) && error.code === databaseNewer.code;
    if (!isProblem(error) || (!newer && error.code !== anotherSchema.code)) throw error;
    return { fits: false, because: error.happened, newer };
  }
}
