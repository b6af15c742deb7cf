import type { Api } from "../api.js";
import { inParallel } from "../in-parallel.js";
import { fileHeaders, uploadAnswer } from "../wire/index.js";

/** A file to upload, by its digest. */
export interface Upload {
  /** SHA-1 of the bytes, lower-case hex. */
  sha1: string;
  /** Bytes. */
  size: number;
  read(): Promise<Uint8Array>;
}

/** Uploads of source files. */
export interface FileCalls {
  /**
   * Uploads files, some at a time; a file that is there already costs nothing.
   * @param options.atOnce How many at the same moment. Default 8.
   * @param options.progress Told bytes sent and bytes in all after each file.
   */
  upload(
    files: readonly Upload[],
    options?: { atOnce?: number; progress?: (sent: number, total: number) => void },
    signal?: AbortSignal,
  ): Promise<void>;
}

export function fileCalls(api: Api): FileCalls {
  return {
    async upload(files, { atOnce = 8, progress } = {}, signal) {
      const total = files.reduce((sum, file) => sum + file.size, 0);
      let sent = 0;
      progress?.(sent, total);
      await inParallel(files, atOnce, async (file) => {
        signal?.throwIfAborted();
        await api.ask(uploadAnswer, {
          method: "POST",
          path: "/v2/files",
          bytes: await file.read(),
          headers: {
            "content-type": "application/octet-stream",
            [fileHeaders.digest]: file.sha1,
            [fileHeaders.size]: String(file.size),
          },
          // The same bytes under the same digest: sending them twice changes nothing.
          repeatable: true,
          timeoutMs: 120_000,
          signal,
        });
        sent += file.size;
        progress?.(sent, total);
      });
    },
  };
}
