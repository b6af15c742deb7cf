import { defineLook } from "../check.js";
import type { DiskState } from "../model.js";
import { megabytes } from "../words.js";

/** The snapshot, the backup and the ledger are written during a release; a full disk would stop it half way. */
export const disk = defineLook<DiskState & { sourceBytes: number }>({
  name: "disk",
  title: "There is room on the disk",
  wanted: (settings) => settings.disk_free !== false,
  measure: async ({ ports, signal }) => {
    const [state, source] = await Promise.all([ports.workspace.disk(signal), ports.workspace.source(signal)]);
    return { ...state, sourceBytes: source.kind === "readable" ? source.bytes : 0 };
  },
  judge: ({ folder, freeBytes, sourceBytes }, settings) => {
    const needed = (settings.disk_free === false ? 0 : settings.disk_free) + sourceBytes;
    const evidence = { freeBytes, neededBytes: needed };
    return freeBytes >= needed
      ? { outcome: "pass", saw: `${megabytes(freeBytes)} are free.`, evidence }
      : {
          outcome: "fail",
          saw: `${megabytes(freeBytes)} are free at ${folder}; the release needs ${megabytes(needed)}.`,
          fix: "Make room, or lower preflight.disk_free.",
          evidence,
        };
  },
});
