import { promisify } from "node:util";
import { gunzip, gzip } from "node:zlib";

/** A dump that cannot take the place of the database; the message says why. */
export class DumpRefused extends Error {}

/** The whole of an embedded database, as one packed file. */
export interface WholeDatabase {
  /**
   * Everything it holds, as PGlite packs its own folder: tar, then gzip.
   * @param aside packs a database that an exchange has put aside, instead of the one in use
   * @returns undefined when there is none of that name
   * @throws StoreBusy while another dump or exchange is at work
   */
  dump(aside?: string): Promise<Uint8Array | undefined>;
  /**
   * Puts a dump in the place of the database, all or nothing. It is opened beside and checked first; requests wait only while
   * the two change places.
   * @param aside name under which the one in use is kept
   * @throws DumpRefused, AsideTaken, StoreBusy; the database in use is then the one before
   */
  replace(packed: Uint8Array, aside: string): Promise<void>;
}

/** Bytes that a dump may have, packed and unpacked: what a process of usual size can hold twice. */
export const MOST_PACKED = 256 * 1024 * 1024;
const MOST_UNPACKED = 1024 * 1024 * 1024;
const BLOCK = 512;

/** Packs the tar of a database: on the lowest level, which takes a third of the time and makes it a tenth larger. */
export const pack = (tar: Uint8Array): Promise<Uint8Array> => promisify(gzip)(tar, { level: 1 });

/**
 * Unpacks a dump and looks at every name in it, so that nothing is written outside of the folder it is for.
 * @param major the version of Postgres that is to read it
 * @throws DumpRefused for what is no whole dump, or one of another version
 */
export async function unpack(packed: Uint8Array, major: number): Promise<Uint8Array> {
  let tar: Buffer;
  try {
    tar = await promisify(gunzip)(packed, { maxOutputLength: MOST_UNPACKED });
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    throw new DumpRefused(
      code === "ERR_BUFFER_TOO_LARGE"
        ? "it is larger than 1 GiB when unpacked"
        : "it is no gzip file, or was cut short",
    );
  }
  const version = versionIn(tar);
  if (version === undefined) throw new DumpRefused("it holds no database: PG_VERSION is missing");
  if (version !== String(major))
    throw new DumpRefused(`it is of PostgreSQL ${version}, and this service has ${major}`);
  return tar;
}

/** Walks through the headers of a tar. @returns what its file PG_VERSION says. @throws DumpRefused when it is not whole. */
function versionIn(tar: Buffer): string | undefined {
  const field = (at: number, length: number) => tar.toString("latin1", at, at + length).replace(/\0.*$/s, "");
  let version: string | undefined;
  let at = 0;
  while (at + BLOCK <= tar.length && tar[at] !== 0) {
    const name = field(at, 100);
    const size = Number.parseInt(field(at + 124, 12).trim(), 8);
    const kind = field(at + 156, 1);
    const wrong =
      Number.isNaN(size) || !["0", "5", ""].includes(kind) || name.split("/").includes("..") || name === "";
    if (wrong || at + BLOCK + size > tar.length)
      throw new DumpRefused("it is no tar of a database, or was cut short");
    if (name.replace(/^(\.?\/)+/, "") === "PG_VERSION") version = field(at + BLOCK, size).trim();
    at += BLOCK + Math.ceil(size / BLOCK) * BLOCK;
  }
  return version;
}
