import { randomBytes } from "node:crypto";
import { createReadStream } from "node:fs";
import { access, mkdir, open, rename, rm } from "node:fs/promises";
import { join } from "node:path";
import { type BackupVault, takenAt } from "@atoms/playbook";
import { errnoOf, writeProblem } from "../workspace/disk-errors.js";
import { syncFolder } from "../workspace/write-atomically.js";
import { makeFolder, namesIn } from "./folder.js";

/** Full backups in a folder, one folder each, readable by the owner only. @param folder Absolute; made when needed. */
export function folderVault(folder: string): BackupVault {
  return {
    where: folder,

    async ids() {
      return (await namesIn(folder)).filter((name) => takenAt(name) !== undefined);
    },

    async write(id, file, data, signal) {
      const home = join(folder, id);
      const path = join(home, file);
      const draft = join(home, `.${file}.${randomBytes(4).toString("hex")}`);
      try {
        await makeFolder(folder);
        await mkdir(home, { recursive: true, mode: 0o700 });
        const written = await open(draft, "wx", 0o600);
        try {
          for await (const piece of data) {
            signal?.throwIfAborted();
            await written.writeFile(piece);
          }
          await written.sync();
        } finally {
          await written.close();
        }
        await rename(draft, path);
        await syncFolder(home);
      } catch (error) {
        await rm(draft, { force: true }).catch(() => undefined);
        throw writeProblem(path, error);
      }
    },

    async read(id, file) {
      const path = join(folder, id, file);
      try {
        await access(path);
      } catch (error) {
        if (errnoOf(error) === "ENOENT" || errnoOf(error) === "ENOTDIR") return undefined;
        throw writeProblem(path, error);
      }
      return createReadStream(path, { highWaterMark: 256 * 1_024 });
    },

    async remove(id) {
      if (takenAt(id) === undefined) throw new TypeError(`not the id of a full backup: ${id}`);
      const home = join(folder, id);
      try {
        await rm(join(home, "manifest.json"), { force: true });
        await rm(home, { recursive: true, force: true });
      } catch (error) {
        throw writeProblem(home, error);
      }
    },
  };
}
