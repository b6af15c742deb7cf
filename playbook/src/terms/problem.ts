/** How a command ends; the exit codes of `atoms` are these words. */
export type Ending = "done" | "failed" | "usage" | "rolled back" | "refused" | "inconclusive";

/** Exit codes of `atoms`, permanent. */
export const exitCodes: Record<Ending, number> = {
  done: 0,
  failed: 1,
  usage: 2,
  "rolled back": 3,
  refused: 4,
  inconclusive: 5,
};

/** What a problem says, before it is filled with facts. */
export interface ProblemText<F> {
  /** Permanent: `ATM-` and three digits. The first digit is the chapter's, see docs/reference/problems.md. */
  code: `ATM-${number}`;
  title: string;
  /** What happened, in a sentence or two, naming the object. */
  happened: (facts: F) => string;
  /** What is still true: above all, where traffic is. Left out where nothing was touched and it would be noise. */
  stillTrue?: (facts: F) => string;
  /** What to do next; the most useful line, last. */
  fix: (facts: F) => string;
  /** How the command ends because of it. Default "failed". */
  ending?: Ending;
}

/** An error that helps: it says what happened, what is still true and what to do next. */
export class Problem extends Error {
  override readonly name = "Problem";
  readonly code: string;
  readonly title: string;
  readonly happened: string;
  readonly stillTrue: string | undefined;
  readonly fix: string;
  readonly ending: Ending;

  constructor(text: {
    code: string;
    title: string;
    happened: string;
    stillTrue?: string | undefined;
    fix: string;
    ending?: Ending | undefined;
  }) {
    super(`${text.code} ${text.title}: ${text.happened}`);
    this.code = text.code;
    this.title = text.title;
    this.happened = text.happened;
    this.stillTrue = text.stillTrue;
    this.fix = text.fix;
    this.ending = text.ending ?? "failed";
  }

  /** The problem as plain data, for `--json`, the ledger and the API; `Problem.from` reads it back. */
  toJSON(): ProblemData {
    return {
      code: this.code,
      title: this.title,
      happened: this.happened,
      ...(this.stillTrue === undefined ? {} : { stillTrue: this.stillTrue }),
      fix: this.fix,
      ending: this.ending,
    };
  }

  static from(data: ProblemData): Problem {
    return new Problem(data);
  }
}

/** A problem as it is written down and sent. A type and not an interface, so that it counts as `Json`. */
export type ProblemData = {
  code: string;
  title: string;
  happened: string;
  stillTrue?: string;
  fix: string;
  ending: Ending;
};

/** A kind of problem: call it with the facts to get the error to throw. */
export interface ProblemKind<F> {
  (facts: F): Problem;
  readonly code: string;
  readonly text: ProblemText<F>;
}

/**
 * Declares one kind of problem. Kinds live in a chapter's `problems.ts`; the reference page is generated from them.
 * @throws Nothing; the kind it returns makes an error for the caller to throw.
 */
export function defineProblem<F = void>(text: ProblemText<F>): ProblemKind<F> {
  const kind = (facts: F) =>
    new Problem({
      code: text.code,
      title: text.title,
      happened: text.happened(facts),
      stillTrue: text.stillTrue?.(facts),
      fix: text.fix(facts),
      ending: text.ending,
    });
  return Object.assign(kind, { code: text.code, text });
}

/**
 * Says whether an error is a problem, also across process and module borders, where `instanceof` does not reach.
 */
export function isProblem(error: unknown): error is Problem {
  return error instanceof Error && error.name === "Problem" && "code" in error && "fix" in error;
}
