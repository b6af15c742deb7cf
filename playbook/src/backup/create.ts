import type { PlatformName, Production, Variable } from "../terms/index.js";
import { partVariables } from "./decide.js";
import { type FullBackup, FullManifest, type FullManifest as Manifest } from "./model.js";
import type { ByteStream, FullBackupPorts } from "./ports.js";
import type { DatabaseSettings } from "./settings.js";

/** The name of the file that tells of all others, and is written last. */
export const fullManifestFile = "manifest.json";
const variablesFile = "variables.age";

/** What a full backup is taken of. */
export type FullOrder = {
  /** `backup_YYYYMMDD_HHMMSS_xxxx`; see `fullIdAt`. */
  id: string;
  service: string;
  environment: string;
  platform: PlatformName;
  /** Milliseconds since the epoch. */
  at: number;
  by: string;
  databases: Readonly<Record<string, DatabaseSettings>>;
  /** What the platform says; undefined when it could not be asked. */
  state: { production: Production; variables: readonly Variable[] } | undefined;
};

const idPattern = /^backup_(\d{4})(\d\d)(\d\d)_(\d\d)(\d\d)(\d\d)_[a-z0-9]{4}$/;

/** The id of a full backup. @param tail Four letters or digits that tell two of one second apart. */
export const fullIdAt = (at: number, tail: string): string =>
  `backup_${new Date(at).toISOString().slice(0, 19).replace(/[-:]/g, "").replace("T", "_")}_${tail}`;

/** When a full backup was begun, by its id; undefined when it is no id of one. */
export function takenAt(id: string): number | undefined {
  const found = idPattern.exec(id);
  if (found === null) return undefined;
  const [, year, month, day, hour, minute, second] = found;
  return Date.parse(`${year}-${month}-${day}T${hour}:${minute}:${second}Z`);
}

/**
 * Takes a full backup: every database by a dump of one snapshot with its rows counted and hashed, what production serves,
 * and the variables; all that may hold a secret encrypted before it is written. Whole or not at all: the manifest is
 * written last, and without it there is no backup.
 * @returns the backup, and where a key was put if one had to be made.
 * @throws ATM-230 to 234, 244, and what the disk refuses.
 */
export async function createFullBackup(
  order: FullOrder,
  ports: FullBackupPorts,
  signal?: AbortSignal,
): Promise<{ backup: FullBackup; keyMade?: string }> {
  const { vault, cipher, databases, digesting, progress } = ports;
  const { recipients, made } = await cipher.recipients();
  const files: Manifest["files"] = [];

  const put = async (path: string, plain: ByteStream, onBytes?: (bytes: number) => void) => {
    const sealed = digesting(counted(await cipher.seal(plain, recipients), onBytes));
    await vault.write(order.id, path, sealed.data, signal);
    files.push({ path, ...sealed.result() });
  };

  try {
    const kept: Manifest["databases"] = [];
    for (const [name, { url }] of Object.entries(order.databases)) {
      const file = `database-${name}.dump.age`;
      let bytes = 0;
      let tables = "";
      const tell = () => progress({ doing: `dumping ${name}${tables}`, bytes });
      tell();
      const { facts, contents } = await databases.dump(
        url,
        {
          take: (data) =>
            put(file, data, (now) => {
              bytes = now;
              tell();
            }),
          onTable: (done, of) => {
            tables = `, ${done} of ${of} tables counted`;
            tell();
          },
        },
        signal,
      );
      const dump = databases.dumpKind(url);
      kept.push({ name, file, ...(dump === "pg_dump" ? {} : { dump }), facts, contents });
    }

    const { production, variables = [] } = order.state ?? {};
    const parted = partVariables(variables);
    if (parted.kept.length > 0) await put(variablesFile, once(JSON.stringify(parted.kept)));
    const { deployment } = production ?? {};
    const manifest: Manifest = FullManifest.parse({
      format: 2,
      id: order.id,
      service: order.service,
      environment: order.environment,
      platform: order.platform,
      created_at: new Date(order.at).toISOString(),
      by: order.by,
      ...(production === undefined
        ? {}
        : {
            deployment:
              deployment === undefined
                ? null
                : {
                    id: deployment.id,
                    address: deployment.address,
                    ...(deployment.version === undefined ? {} : { version: deployment.version }),
                  },
          }),
      variables: { kept: parted.kept.map(({ key }) => key), not_restorable: parted.notRestorable },
      recipients: [...recipients],
      databases: kept,
      files,
    });
    const text = digesting(once(`${JSON.stringify(manifest, null, 1)}\n`));
    await vault.write(order.id, fullManifestFile, text.data, signal);
    const backup: FullBackup = {
      id: order.id,
      manifest,
      digest: text.result().sha256,
      bytes: files.reduce((sum, file) => sum + file.bytes, 0),
    };
    return { backup, ...(made === undefined ? {} : { keyMade: made }) };
  } catch (error) {
    // What is left would be no backup; and what can't be removed now goes at the next pruning.
    await vault.remove(order.id).catch(() => undefined);
    throw error;
  }
}

/** A text as bytes. */
export async function* once(text: string): ByteStream {
  yield new TextEncoder().encode(text);
}

async function* counted(data: ByteStream, onBytes: ((bytes: number) => void) | undefined): ByteStream {
  let bytes = 0;
  for await (const piece of data) {
    bytes += piece.length;
    onBytes?.(bytes);
    yield piece;
  }
}
