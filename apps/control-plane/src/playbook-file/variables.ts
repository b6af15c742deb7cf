/** One `${NAME}` or `${NAME:-default}` in a text. */
export type VariableUse = {
  name: string;
  /** Where it begins in the text, from 0. */
  at: number;
  /** What it became; undefined when it is not set and has no default. */
  value: string | undefined;
};

/** A text after its variables were filled in. */
export type Expanded = {
  /** A variable without a value leaves nothing behind. */
  text: string;
  uses: VariableUse[];
  /** References that are written wrongly, with what was expected. */
  wrong: { at: number; message: string }[];
};

/**
 * Fills in `${NAME}` and `${NAME:-default}`; `$${` stands for a plain `${`. A variable that is set to nothing counts as
 * not set, as it does for the services that are deployed.
 */
export function expandVariables(text: string, env: Readonly<Record<string, string | undefined>>): Expanded {
  const uses: VariableUse[] = [];
  const wrong: Expanded["wrong"] = [];
  const filled = text.replace(
    /\$\$\{|\$\{([^}]*)(\}?)/g,
    (whole, inside: string | undefined, close: string, at: number) => {
      if (inside === undefined) return "${";
      const parts = /^([A-Za-z_][A-Za-z0-9_]*)(?::-(.*))?$/s.exec(inside);
      if (close === "" || parts === null) {
        const example = `expected a variable such as \${NAME} or \${NAME:-default}`;
        wrong.push({ at, message: `${example}, got ${whole}; write $\${ for a plain \${` });
        return whole;
      }
      const [, name = "", fallback] = parts;
      const value = env[name] || fallback;
      uses.push({ name, at, value });
      return value ?? "";
    },
  );
  return { text: filled, uses, wrong };
}
