import { readFile, stat } from "node:fs/promises";
import { playbookMissing, playbookUnreadable } from "./problems.js";
import { type LoadedPlaybook, type ReadOptions, readPlaybook } from "./read.js";

const largest = 1024 * 1024;

/**
 * Reads the playbook from its file; see `readPlaybook` for what counts as a mistake.
 * @throws ATM-101 with every mistake, ATM-102 when there is no file, ATM-103 when it can't be read.
 */
export async function loadPlaybook(options: Omit<ReadOptions, "text">): Promise<LoadedPlaybook> {
  return readPlaybook({ ...options, text: await textOf(options.path) });
}

async function textOf(path: string): Promise<string> {
  const unreadable = (because: string) => playbookUnreadable({ path, because });
  try {
    const about = await stat(path);
    if (about.isDirectory()) throw unreadable("it is a folder");
    if (!about.isFile()) throw unreadable("it is not a regular file");
    if (about.size > largest) throw unreadable(`it has ${about.size} bytes`);
    return new TextDecoder("utf-8", { fatal: true }).decode(await readFile(path));
  } catch (error) {
    if (error instanceof TypeError) throw unreadable("it is not text in UTF-8");
    const code = (error as NodeJS.ErrnoException).code;
    if (code === "ENOENT" || code === "ENOTDIR") throw playbookMissing({ path });
    if (code === "EACCES" || code === "EPERM") throw unreadable("permission denied");
    if (typeof code === "string" && !code.startsWith("ATM-")) throw unreadable(code);
    throw error;
  }
}
