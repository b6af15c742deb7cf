import type { Finding } from "../terms/index.js";
import type { PreflightPorts } from "./ports.js";
import type { PreflightSettings } from "./settings.js";

/** What a look came to: a finding without the parts that every finding gets in the same way. */
export type Judgement = Pick<Finding, "outcome" | "saw" | "fix" | "evidence">;

/** What a check may use while it measures. */
type Look = { settings: PreflightSettings; ports: PreflightPorts; signal: AbortSignal };

/** One thing looked at before a release. Measuring and judging are apart, so that every judgement is a table. */
export interface Check<F> {
  /** Permanent name, e.g. "git-clean". */
  name: string;
  title: string;
  /** Whether the settings ask for it. */
  wanted(settings: PreflightSettings): boolean;
  /** Whether there is anything to look at in this playbook; left out: there always is. */
  applies?(ports: PreflightPorts): boolean;
  /** Whether it runs a command. Commands run one after the other, once the quick looks are done. */
  command(settings: PreflightSettings): boolean;
  /** The longest it may take, in milliseconds. */
  timeoutMs(settings: PreflightSettings): number;
  measure(look: Look): Promise<F>;
  /** Facts in, judgement out; pure. */
  judge(facts: F, settings: PreflightSettings): Judgement;
}

/** A check whose facts are its own business. */
export type PreflightCheck = Omit<Check<unknown>, "measure" | "judge"> & {
  look(look: Look): Promise<Judgement>;
};

/** A command is given this long beyond its own deadline to be stopped and reaped. */
const reapMs = 15_000;

/** Declares a check that only looks. */
export function defineLook<F>(check: Omit<Check<F>, "command" | "timeoutMs">): Check<F> & PreflightCheck {
  return seal({ ...check, command: () => false, timeoutMs: (settings) => settings.timeout });
}

/** Declares a check that may run a command. @param check.commandMs Its deadline; undefined when these settings run none. */
export function defineCommand<F>(
  check: Omit<Check<F>, "command" | "timeoutMs"> & {
    commandMs(settings: PreflightSettings): number | undefined;
  },
): Check<F> & PreflightCheck {
  const { commandMs, ...rest } = check;
  return seal({
    ...rest,
    command: (settings) => commandMs(settings) !== undefined,
    timeoutMs: (settings) => {
      const ms = commandMs(settings);
      return ms === undefined ? settings.timeout : ms + reapMs;
    },
  });
}

function seal<F>(check: Check<F>): Check<F> & PreflightCheck {
  return {
    ...check,
    look: async (look) => check.judge(await check.measure(look), look.settings),
  };
}
