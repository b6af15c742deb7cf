import { statfs } from "node:fs/promises";

const lookMs = 5_000;
/** Below this the embedded database cannot go on: it writes its log in pieces of this size and more. */
const leastBytes = 64 * 1_024;

/**
 * Says when the disk under a folder is full. The embedded store does not fail then: it stands still until there is
 * room, and everything with it, so that nobody would know why.
 * @param print Told once each time the disk fills up.
 * @param signal Ends it. It does not keep the process alive.
 */
export function watchDisk(folder: string, print: (line: string) => void, signal: AbortSignal): void {
  let full = false;
  const look = async () => {
    const { bavail, bsize } = await statfs(folder);
    const now = bavail * bsize < leastBytes;
    if (now && !full)
      print(
        `The disk under ${folder} is full: the store waits for room, and so does what is under way. Free some space (\`df -h\`); it goes on by itself.`,
      );
    full = now;
  };
  const timer = setInterval(() => void look().catch(() => undefined), lookMs);
  timer.unref();
  signal.addEventListener("abort", () => clearInterval(timer), { once: true });
}
