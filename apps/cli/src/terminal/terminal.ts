import pc from "picocolors";

/** Text styles that vanish where there is no terminal or no colour is wanted. */
export type Paint = ReturnType<typeof pc.createColors>;

/** Where a command prints. People read `say`, programs read `json`; never both on standard output. */
export interface Terminal {
  /** Standard output is for a program: one JSON value, or one per line. */
  readonly json: boolean;
  /** Standard error is a terminal, so that a live view may redraw itself. */
  readonly live: boolean;
  /** Somebody can be asked: standard input and error are terminals. */
  readonly canAsk: boolean;
  readonly columns: number;
  readonly paint: Paint;
  /** A line for people: on standard output, or with `--json` on standard error. */
  say(text?: string): void;
  /** A line beside the result: progress, hints, warnings. Always on standard error. */
  note(text: string): void;
  /**
   * While a view is drawn in place on standard error, notes go through `above`, so that neither writes over the other.
   * @param above Clears the view, prints, draws it again; undefined when the view is no longer drawn.
   */
  drawing(above: ((print: () => void) => void) | undefined): void;
  /** A value for a program; nothing without `--json`. */
  result(value: unknown): void;
}

/** The terminal of this process. `NO_COLOR` and `FORCE_COLOR` are honoured. */
export function processTerminal(options: { json: boolean; color: boolean | undefined }): Terminal {
  const { stdout, stderr, stdin } = process;
  const wanted = options.color ?? pc.isColorSupported;
  const out = options.json ? stderr : stdout;
  const paint = pc.createColors(wanted && (out.isTTY === true || process.env["FORCE_COLOR"] !== undefined));
  let print = (write: () => void) => write();
  return {
    json: options.json,
    live:
      stderr.isTTY === true &&
      !options.json &&
      process.env["CI"] === undefined &&
      process.env["TERM"] !== "dumb",
    canAsk: stdin.isTTY === true && stderr.isTTY === true && process.env["CI"] === undefined,
    columns: Math.min(out.columns ?? 100, 140),
    paint,
    say: (text = "") => void out.write(`${text}\n`),
    note: (text) => print(() => void stderr.write(`${text}\n`)),
    drawing: (above) => {
      print = above ?? ((write) => write());
    },
    result: (value) => {
      if (options.json) stdout.write(`${JSON.stringify(value)}\n`);
    },
  };
}
