/** A column of a table: its heading, and how a row is shown in it. */
export type Column<T> = { head: string; of: (row: T) => string; right?: boolean };

// Styles take no room on the screen; what is measured is what is left without them.
// biome-ignore lint/suspicious/noControlCharactersInRegex: terminal styles begin with the escape character
const styles = /\u001b\[[0-9;]*m/g;
const width = (text: string) => [...text.replace(styles, "")].length;

/** Rows under headings, columns two spaces apart, nothing cut. */
export function tableText<T>(rows: readonly T[], columns: readonly Column<T>[]): string {
  const cells = [columns.map((c) => c.head), ...rows.map((row) => columns.map((c) => c.of(row)))];
  const widths = columns.map((_, i) => Math.max(...cells.map((row) => width(row[i] ?? ""))));
  return cells
    .map((row) =>
      row
        .map((cell, i) => {
          const pad = " ".repeat((widths[i] ?? 0) - width(cell));
          return columns[i]?.right === true ? pad + cell : cell + pad;
        })
        .join("  ")
        .trimEnd(),
    )
    .join("\n");
}
