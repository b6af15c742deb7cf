import type { MigrationFile, SafetyReason } from "./model.js";

/** What a migration says of itself. `expand` only adds; `contract` takes away what older versions use. */
type Marker = "reversible" | "expand" | "contract";

/** What a statement does to a version that does not know of it. */
type Statement = { does: string; harm: "breaks" | "doubtful" };

/** A statement is read up to here; the rest of a huge one is data. */
const longestStatement = 20_000;

const kinds: readonly {
  pattern: RegExp;
  harm: Statement["harm"];
  does: (found: RegExpExecArray) => string;
}[] = [
  {
    pattern:
      /^DROP (TABLE|SCHEMA|DATABASE|TYPE|VIEW|MATERIALIZED VIEW|FUNCTION|PROCEDURE|SEQUENCE|EXTENSION|DOMAIN)\b/,
    harm: "breaks",
    does: (found) => `DROP ${found[1]}`,
  },
  { pattern: /^ALTER TABLE .*?\bDROP COLUMN\b/, harm: "breaks", does: () => "DROP COLUMN" },
  {
    pattern:
      /^ALTER TABLE .*?\bDROP (?!COLUMN\b|CONSTRAINT\b|INDEX\b|KEY\b|PRIMARY\b|FOREIGN\b|CHECK\b|NOT NULL\b|DEFAULT\b|IDENTITY\b|EXPRESSION\b|PARTITION\b)/,
    harm: "breaks",
    does: () => "DROP COLUMN",
  },
  { pattern: /^ALTER TABLE .*?\bDROP DEFAULT\b/, harm: "breaks", does: () => "DROP DEFAULT" },
  {
    pattern: /^ALTER TABLE .*?\bALTER (?:COLUMN )?\S+ (?:SET DATA )?TYPE\b/,
    harm: "breaks",
    does: () => "ALTER COLUMN TYPE",
  },
  {
    pattern: /^ALTER TABLE .*?\b(?:MODIFY|CHANGE)(?: COLUMN)? /,
    harm: "breaks",
    does: () => "ALTER COLUMN TYPE",
  },
  { pattern: /^(?:ALTER \w+ .*?\b|EXEC(?:UTE)? SP_)RENAME\b/, harm: "breaks", does: () => "RENAME" },
  { pattern: /^RENAME TABLE\b/, harm: "breaks", does: () => "RENAME" },
  { pattern: /^ALTER TABLE .*?\bSET NOT NULL\b/, harm: "breaks", does: () => "SET NOT NULL" },
  { pattern: /^ALTER TABLE .*?\bSET SCHEMA\b/, harm: "breaks", does: () => "SET SCHEMA" },
  { pattern: /^TRUNCATE\b/, harm: "breaks", does: () => "TRUNCATE" },
  { pattern: /^DELETE FROM\b/, harm: "breaks", does: () => "DELETE" },
  { pattern: /^(?:WITH .*?\) )?UPDATE \S+ .*?\bSET\b/, harm: "doubtful", does: () => "UPDATE" },
  {
    pattern: /^ALTER TABLE .*?\bADD (?:CONSTRAINT|UNIQUE|CHECK|PRIMARY KEY|FOREIGN KEY)\b/,
    harm: "doubtful",
    does: () => "ADD CONSTRAINT",
  },
  { pattern: /^CREATE UNIQUE INDEX\b/, harm: "doubtful", does: () => "CREATE UNIQUE INDEX" },
  { pattern: /^ALTER TYPE\b(?!.*\bRENAME\b)/, harm: "doubtful", does: () => "ALTER TYPE" },
  {
    pattern: /^CREATE OR REPLACE (FUNCTION|PROCEDURE|VIEW)\b/,
    harm: "doubtful",
    does: (found) => `REPLACE ${found[1]}`,
  },
  { pattern: /^CREATE (?:CONSTRAINT )?TRIGGER\b/, harm: "doubtful", does: () => "CREATE TRIGGER" },
  { pattern: /^REVOKE\b/, harm: "doubtful", does: () => "REVOKE" },
  { pattern: /^(?:DO|CALL|EXEC|EXECUTE)\b/, harm: "doubtful", does: () => "code that is run" },
];

/** Columns that come with NOT NULL and no default: inserts of a version that does not know them fail. */
const addedColumn =
  /\bADD (?:COLUMN )?(?:IF NOT EXISTS )?(?!CONSTRAINT\b|UNIQUE\b|CHECK\b|PRIMARY\b|FOREIGN\b|INDEX\b|KEY\b)\S+ [^,]*/g;

/**
 * Finds in SQL what an older version of the service may not survive. Reads words, not grammar: comments, strings and
 * quoted bodies are taken out first, and a way back written into the same file (`-- migrate:down` and its like) is left
 * out. Pure.
 */
export function harmfulStatements(sql: string): Statement[] {
  const found = new Map<string, Statement>();
  for (const raw of withoutText(upPart(sql)).split(";")) {
    const statement = raw.slice(0, longestStatement).replaceAll(/\s+/g, " ").trim().toUpperCase();
    if (statement === "") continue;
    for (const { pattern, harm, does } of kinds) {
      const match = pattern.exec(statement);
      if (match !== null) found.set(does(match), { does: does(match), harm });
    }
    if (!statement.startsWith("ALTER TABLE")) continue;
    const sudden = [...statement.matchAll(addedColumn)].some(
      ([column]) =>
        /\bNOT NULL\b/.test(column) &&
        !/\bDEFAULT\b|\bGENERATED\b|\bIDENTITY\b|\b(?:BIG|SMALL)?SERIAL\b/.test(column),
    );
    if (sudden)
      found.set("ADD COLUMN NOT NULL", { does: "ADD COLUMN NOT NULL without a default", harm: "breaks" });
  }
  return [...found.values()];
}

/** The part that goes forward, of files that hold both ways. */
function upPart(sql: string): string {
  const down = /^[ \t]*--[ \t]*(?:migrate:down|\+goose down|\+migrate down|@undo|rollback\b)/im.exec(sql);
  return down === null ? sql : sql.slice(0, down.index);
}

/** SQL without comments, strings, quoted names and dollar-quoted bodies; one pass, so that it ends on any input. */
function withoutText(sql: string): string {
  let out = "";
  for (let at = 0; at < sql.length; ) {
    const rest = sql.slice(at, at + 2);
    const char = sql[at] ?? "";
    if (rest === "--" || char === "#") at = after(sql, "\n", at);
    else if (rest === "/*") at = after(sql, "*/", at + 2);
    else if (char === "'") {
      at = after(sql, char, at + 1);
      out += " '' ";
    } else if (char === '"' || char === "`") {
      const end = after(sql, char, at + 1);
      // A name may be a keyword when it is quoted; it stays one word.
      out += `q_${sql.slice(at + 1, end - 1).replaceAll(/[^A-Za-z0-9_]/g, "_")}`;
      at = end;
    } else if (char === "$") {
      const tag = /^\$[A-Za-z_]*\$/.exec(sql.slice(at, at + 80))?.[0];
      if (tag === undefined) {
        out += char;
        at++;
      } else at = after(sql, tag, at + tag.length);
    } else {
      out += char;
      at++;
    }
  }
  return out;
}

function after(text: string, mark: string, from: number): number {
  const found = text.indexOf(mark, from);
  return found === -1 ? text.length : found + mark.length;
}

const markerPattern = /(?:--|#|\/\/|\/\*|\*|<!--)[ \t]*atoms:[ \t]*([A-Za-z-]+)/gi;
const markers: readonly string[] = ["reversible", "expand", "contract"] satisfies Marker[];

/** Files that hold only the way back are never run forward. */
const isDownFile = (path: string) =>
  /(?:\.down\.[a-z]+|(?:^|\/)down\.[a-z]+|(?:^|\/)U\d[^/]*\.sql)$/.test(path);

/** Judges one migration. Pure. */
export function judgeMigration(file: MigrationFile): SafetyReason {
  const reason = (level: SafetyReason["level"], saw: string): SafetyReason => ({
    about: "migrations",
    level,
    saw: `${file.path} ${saw}`,
  });
  if (file.change === "removed")
    return reason("caution", "is gone, although the version that production serves was made with it");
  if (isDownFile(file.path)) return reason("safe", "is only run on the way back");
  if (file.text === undefined) return reason("caution", "is too large to be read");
  const said = [...file.text.matchAll(markerPattern)].map((found) => (found[1] ?? "").toLowerCase());
  const odd = said.find((word) => !markers.includes(word));
  if (odd !== undefined)
    return reason("caution", `says "atoms: ${odd}", which is none of ${markers.join(", ")}`);
  if (said.includes("contract"))
    return reason("unsafe", "says that it takes away what the old version uses (atoms: contract)");
  const marked = said.length > 0;
  const sql = file.path.toLowerCase().endsWith(".sql");
  if (!sql)
    return marked
      ? reason("safe", `says that it is ${said[0]}`)
      : reason("caution", "is not SQL, and does not say whether it is reversible, expand or contract");
  const statements = harmfulStatements(file.text);
  const words = statements.map(({ does }) => does).join(", ");
  const breaks = statements.some(({ harm }) => harm === "breaks");
  const edited = file.change === "changed" ? ", and was changed after it was released" : "";
  if (breaks && marked) return reason("caution", `says that it is ${said[0]}, and has ${words}${edited}`);
  if (breaks) return reason("unsafe", `has ${words}${edited}`);
  if (file.change === "changed") return reason("caution", "was changed after it was released");
  if (statements.length > 0 && !marked)
    return reason("caution", `has ${words}, and does not say whether it is reversible`);
  return reason("safe", marked ? `says that it is ${said[0]}` : "only adds");
}
