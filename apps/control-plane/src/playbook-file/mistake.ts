/** One thing that is wrong with a playbook, and where. */
export type Mistake = {
  file: string;
  /** From 1. */
  line: number;
  /** From 1, in UTF-16 units. */
  column: number;
  /** Where in the settings, e.g. "standard.watch.duration" or "alerts[2].condition"; "" for the file as a whole. */
  setting: string;
  /** What was expected and what was found. */
  message: string;
  /** What to write instead, when it can be told. */
  suggestion?: string;
  /** The line as it stands in the file, secrets hidden. */
  snippet: string;
};

/** A path into the settings as a person reads it. */
export function settingName(path: readonly PropertyKey[]): string {
  return path.reduce<string>(
    (name, part) =>
      typeof part === "number" ? `${name}[${part}]` : name === "" ? String(part) : `${name}.${String(part)}`,
    "",
  );
}

/** All mistakes as text: place first, then what was expected, then the line with a caret. */
export function describeMistakes(mistakes: readonly Mistake[]): string {
  return mistakes
    .map((m) => {
      const what = m.setting === "" ? m.message : `${m.setting}: ${m.message}`;
      const rows = [`${m.file}:${m.line}:${m.column}  ${what}`];
      if (m.snippet.trim() !== "") {
        const gutter = `    ${m.line} | `;
        // Tabs are kept in front of the caret, so that it stands under its column however wide they are shown.
        const indent = m.snippet.slice(0, m.column - 1).replace(/[^\t]/g, " ");
        rows.push(`${gutter}${m.snippet}`, `${" ".repeat(gutter.length - 2)}| ${indent}^`);
      }
      if (m.suggestion !== undefined) rows.push(`    ${m.suggestion}`);
      return rows.join("\n");
    })
    .join("\n\n");
}
