import { readFile } from "node:fs/promises";
import { dirname, resolve } from "node:path";
import { redisCaches } from "@atoms/databases";
import { type CacheProgress, extentOf } from "@atoms/playbook";
import { TaskFailed, type TaskWork } from "./task.js";

const caches = redisCaches();
const whole = (count: number) => count.toLocaleString("en");
const keysText = (count: number) => `${whole(count)} ${count === 1 ? "key" : "keys"}`;

/** Clears a cache of the playbook. May be run again. */
export const runCacheTask: TaskWork<"cache"> = async ({ open, task, order, say, signal }) => {
  const cache = open.settings.maintenance.caches[task.cache];
  if (cache === undefined) throw new TaskFailed(`the playbook has no cache ${task.cache}`);
  const ca = cache.ca === undefined ? undefined : await certificatesIn(order.playbook.path, cache.ca);
  const extent = extentOf(cache);
  let removed: CacheProgress | undefined;
  const onProgress = (progress: CacheProgress) => {
    if (progress.doing === "removing") removed = progress;
    say(`${progress.doing}, ${whole(progress.keys)} of ${keysText(progress.of)}`);
  };
  try {
    const at = { url: cache.url, ...(ca === undefined ? {} : { ca }) };
    const { before, removed: gone, after } = await caches.clear(at, extent, onProgress, signal);
    const left = after === 0 ? "" : `; ${keysText(after)} were written meanwhile`;
    const which = "whole" in extent ? "" : ` that begin with ${JSON.stringify(extent.prefix)}`;
    return `${task.cache}: ${whole(gone)} of ${keysText(before)}${which} ${before === 1 ? "was" : "were"} removed${left}`;
  } catch (error) {
    if (signal.aborted && removed !== undefined)
      throw new TaskFailed(
        `${whole(removed.keys)} of ${keysText(removed.of)} were removed; the next run goes on with the rest`,
      );
    throw error;
  }
};

async function certificatesIn(playbook: string, file: string): Promise<string> {
  try {
    return await readFile(resolve(dirname(playbook), file), "utf8");
  } catch (error) {
    throw new TaskFailed(
      `the certificates in ${file} cannot be read (${(error as NodeJS.ErrnoException).code})`,
    );
  }
}
