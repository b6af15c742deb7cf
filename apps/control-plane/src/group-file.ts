import { readFile } from "node:fs/promises";
import { basename, dirname, join } from "node:path";
import { GroupSettings, groupMistaken } from "@atoms/playbook";
import { LineCounter, parseDocument } from "yaml";

const largest = 256 * 1_024;

/**
 * Reads a group file.
 * @param path Absolute.
 * @returns Its settings, and the folder its members lie in.
 * @throws ATM-570 with every mistake at once, each with its line.
 */
export async function readGroup(path: string): Promise<{ settings: GroupSettings; folder: string }> {
  const file = basename(path);
  const text = await readFile(path, "utf8").catch((error: NodeJS.ErrnoException) => {
    const because =
      error.code === "ENOENT" ? "there is no such file" : `it cannot be read (${error.code ?? "unknown"})`;
    throw groupMistaken({ file, mistakes: [because] });
  });
  if (text.length > largest) throw groupMistaken({ file, mistakes: ["it is too large for a group file"] });
  const lines = new LineCounter();
  const document = parseDocument(text, { lineCounter: lines, prettyErrors: false, stringKeys: true });
  const line = (offset: number) => `line ${lines.linePos(offset).line}: `;
  const first = document.errors[0];
  if (first !== undefined)
    throw groupMistaken({
      file,
      mistakes: [`${line(first.pos[0])}not YAML: ${first.message.replace(/\.$/, "")}`],
    });
  // A list that repeats itself by aliases could be written on one line and be as long as one likes.
  const data: unknown = document.toJS({ maxAliasCount: 50 });
  const read = GroupSettings.safeParse(data);
  if (read.success) return { settings: read.data, folder: dirname(path) };
  const mistakes = read.error.issues.map((issue) => {
    const node = document.getIn(issue.path, true);
    const range = (node as { range?: [number, number, number] } | undefined)?.range;
    const where = issue.path.length === 0 ? "" : `${issue.path.join(".")}: `;
    return `${range === undefined ? "" : line(range[0])}${where}${issue.message}`;
  });
  throw groupMistaken({ file, mistakes });
}

/** The absolute path of a member. */
export const memberPath = (folder: string, member: string): string => join(folder, member);
