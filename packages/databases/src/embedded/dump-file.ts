import { promisify } from "node:util";
import { gunzip } from "node:zlib";
import { type ByteStream, dumpUnusable } from "@atoms/playbook";

/** Bytes that a dump may have, packed and unpacked: it is held in memory. */
export const mostPacked = 256 * 1024 * 1024;
const mostUnpacked = 1024 * 1024 * 1024;
const block = 512;

/** A dump of an embedded database, unpacked. */
export type OpenDump = { tar: Uint8Array<ArrayBuffer> };

/** Gathers a dump. @param from Where it comes from, to be shown. @throws ATM-253 when it is too large. */
export async function gathered(data: ByteStream, from: string): Promise<Uint8Array> {
  const pieces: Uint8Array[] = [];
  let bytes = 0;
  for await (const piece of data) {
    bytes += piece.length;
    if (bytes > mostPacked)
      throw dumpUnusable({ where: from, because: "it has more than 256 MiB, which is the most" });
    pieces.push(piece);
  }
  return Buffer.concat(pieces, bytes);
}

/**
 * Unpacks a dump, and looks whether it can be one.
 * @param from Where it comes from, to be shown.
 * @throws ATM-253 when it is cut short, too large, or no database of the version that Atoms reads.
 */
export async function unpacked(packed: Uint8Array, from: string, major: number): Promise<OpenDump> {
  const unusable = (because: string) => dumpUnusable({ where: from, because });
  if (packed[0] !== 0x1f || packed[1] !== 0x8b)
    throw unusable(
      packed.length === 0
        ? "nothing was answered"
        : `what was answered is not packed by gzip (${packed.length} bytes)`,
    );
  let tar: Buffer;
  try {
    tar = await promisify(gunzip)(packed, { maxOutputLength: mostUnpacked });
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    throw unusable(
      code === "ERR_BUFFER_TOO_LARGE"
        ? "it has more than 1 GiB unpacked, which is the most"
        : "it was cut short, or is damaged",
    );
  }
  const version = versionIn(tar);
  if (version === undefined) throw unusable("it is no tar of a database's files, or was cut short");
  if (version !== String(major))
    throw unusable(`it is of PostgreSQL ${version}, and what Atoms reads dumps with is ${major}`);
  // As it is where it has its memory to itself: it may be a gigabyte.
  const alone = tar.buffer instanceof ArrayBuffer && tar.buffer.byteLength === tar.length;
  return { tar: alone ? new Uint8Array(tar.buffer as ArrayBuffer) : new Uint8Array(tar) };
}

/** What the file PG_VERSION of a tar says; undefined without one, and when the tar is not whole. */
function versionIn(tar: Buffer): string | undefined {
  const field = (at: number, length: number) => tar.toString("latin1", at, at + length).replace(/\0.*$/s, "");
  let version: string | undefined;
  for (let at = 0; at + block <= tar.length && tar[at] !== 0; ) {
    const name = field(at, 100);
    const size = Number.parseInt(field(at + 124, 12), 8);
    // A name that leads out of the folder is no database's.
    if (Number.isNaN(size) || at + block + size > tar.length || name.split("/").includes(".."))
      return undefined;
    if (name.replace(/^(\.?\/)+/, "") === "PG_VERSION") version = field(at + block, size).trim();
    at += block + Math.ceil(size / block) * block;
  }
  return version !== undefined && /^\d+$/.test(version) ? version : undefined;
}
