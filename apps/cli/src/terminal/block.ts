import { stripVTControlCharacters } from "node:util";

/** What a block is drawn on: a terminal, or something that behaves like one. */
export interface Screen {
  write(text: string): unknown;
  readonly columns?: number | undefined;
  readonly rows?: number | undefined;
}

/** A text on a terminal that is drawn again in place. */
export interface Block {
  /** Draws it in place of what was drawn before. Lines are cut to the terminal, and never are there more than it shows. */
  draw(text: string): void;
  /** Takes it off the screen; the next `draw` begins where it was. */
  clear(): void;
  /** Leaves it as it was drawn last. */
  done(): void;
}

// A terminal that understands them shows what is between all at once; others pass over them.
const begin = "\u001b[?2026h";
const end = "\u001b[?2026l";

/**
 * Opens a block at the cursor. What lies above it is not touched. When the terminal was made narrower, its lines have
 * been broken into several by the terminal; that is counted in, so that nothing of them is left.
 */
export function openBlock(screen: Screen): Block {
  let drawn: string[] = [];
  let drawnAt = 0;
  const columns = () => Math.max(1, screen.columns ?? 80);
  const rows = () => Math.max(2, screen.rows ?? 24);

  /** Goes to the first row of what was drawn. */
  const toTheTop = () => {
    const height = drawn.reduce((sum, line) => sum + Math.max(1, Math.ceil(cells(line) / columns())), 0);
    const up = Math.min(height, rows() - 1);
    return `\r${up > 0 ? `\u001b[${up}A` : ""}`;
  };

  return {
    draw(text) {
      const lines = fit(text, columns(), rows());
      const same = lines.length === drawn.length && drawnAt === columns();
      if (same && lines.every((line, i) => line === drawn[i])) return;
      const body = same
        ? lines.map((line, i) => (line === drawn[i] ? "\n" : `\r\u001b[2K${line}\r\n`)).join("")
        : `\u001b[J${lines.map((line) => `${line}\r\n`).join("")}`;
      screen.write(`${begin}${drawn.length > 0 ? toTheTop() : ""}${body}${end}`);
      drawn = lines;
      drawnAt = columns();
    },
    clear() {
      if (drawn.length > 0) screen.write(`${begin}${toTheTop()}\u001b[J${end}`);
      drawn = [];
    },
    done() {
      drawn = [];
    },
  };
}

/** Lines as a terminal of that size shows them, one row each; where there are too many, the upper ones are told by number. */
function fit(text: string, columns: number, rows: number): string[] {
  const lines = text.split("\n").map((line) => cut(line, columns - 1));
  const most = rows - 1;
  if (lines.length <= most) return lines;
  const shown = lines.slice(lines.length - most + 1);
  return [cut(`… ${lines.length - shown.length} lines above`, columns - 1), ...shown];
}

// biome-ignore lint/suspicious/noControlCharactersInRegex: terminal styles begin with the escape character
const styled = /(\u001b\[[0-9;]*m)/;

/** The first cells of a line, with its styles; whatever else would move the cursor is left out. */
function cut(line: string, most: number): string {
  let room = most;
  let text = "";
  let styles = false;
  for (const part of line.split(styled)) {
    if (styled.test(part)) {
      text += part;
      styles = true;
      continue;
    }
    // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is taken out
    const plain = stripVTControlCharacters(part).replace(/[\u0000-\u001f\u007f-\u009f]/g, " ");
    if (room < 0) continue;
    if (cells(plain) <= room) {
      text += plain;
      room -= cells(plain);
      continue;
    }
    for (const { segment } of letters.segment(plain)) {
      const wide = cellsOf(segment);
      if (wide > room - 1) break;
      text += segment;
      room -= wide;
    }
    text += "…";
    room = -1;
  }
  return styles ? `${text}\u001b[0m` : text;
}

const letters = new Intl.Segmenter("en", { granularity: "grapheme" });
const twoWide =
  /[\u1100-\u115f\u2e80-\ua4cf\uac00-\ud7a3\uf900-\ufaff\ufe30-\ufe6f\uff00-\uff60\uffe0-\uffe6]|\p{Emoji_Presentation}/u;
const cellsOf = (letter: string) => (twoWide.test(letter) ? 2 : 1);

/** How many cells a line takes. */
function cells(line: string): number {
  let sum = 0;
  for (const { segment } of letters.segment(stripVTControlCharacters(line))) sum += cellsOf(segment);
  return sum;
}
