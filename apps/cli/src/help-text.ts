/** A term and what it means, or a run of prose. */
type Block = { term: string; text: string } | { text: string };

/** A first word or two, a gap, and what they mean. */
const entry = /^(\S.{0,30}?)\s{2,}(\S.*)$/;

/**
 * Folds a command's longer description to the width of a terminal: lines of prose become one paragraph, and terms with
 * what they mean a list with its meanings in one column.
 * @param text Lines; one that begins with spaces goes on with the meaning before it, an empty one ends a paragraph.
 * @param width Columns.
 */
export function helpText(text: string, width: number): string {
  return text
    .split(/\n\s*\n/)
    .map((part) => folded(blocksOf(part), Math.max(40, width)))
    .join("\n\n");
}

function blocksOf(part: string): Block[] {
  const lines = part.split("\n");
  // In a list the widest term has one space after it only: where the meanings begin says what is a term there.
  const columns = new Set(lines.flatMap((line) => (entry.test(line) ? [columnOf(line)] : [])));
  const blocks: Block[] = [];
  for (const line of lines) {
    const column = [...columns].find((one) => line[one - 1] === " " && /\S/.test(line[one] ?? " "));
    const last = blocks.at(-1);
    const [, term, meaning] = entry.exec(line) ?? [];
    if (/^\s/.test(line) && last !== undefined) last.text += ` ${line.trim()}`;
    else if (term !== undefined && meaning !== undefined) blocks.push({ term, text: meaning });
    else if (column !== undefined && line.slice(0, column).trim().split(" ").length <= 3)
      blocks.push({ term: line.slice(0, column).trim(), text: line.slice(column) });
    else if (last !== undefined && !("term" in last)) last.text += ` ${line}`;
    else blocks.push({ text: line });
  }
  return blocks;
}

const columnOf = (line: string) => line.length - (entry.exec(line)?.[2] ?? "").length;

function folded(blocks: readonly Block[], width: number): string {
  const column = Math.max(0, ...blocks.map((block) => ("term" in block ? block.term.length + 4 : 0)));
  return blocks
    .map((block) => {
      if (!("term" in block)) return wrapped(block.text, width).join("\n");
      const [first = "", ...rest] = wrapped(block.text, width - column);
      const head = `  ${block.term}`.padEnd(column) + first;
      return [head, ...rest.map((line) => " ".repeat(column) + line)].join("\n");
    })
    .join("\n");
}

function wrapped(text: string, width: number): string[] {
  const lines: string[] = [];
  for (const word of text.split(/\s+/)) {
    const last = lines.at(-1);
    if (last === undefined || last.length + 1 + word.length > width) lines.push(word);
    else lines[lines.length - 1] = `${last} ${word}`;
  }
  return lines;
}
