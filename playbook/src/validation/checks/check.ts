import type { Seen } from "../model.js";
import type { Smoke } from "../settings.js";
import type { Visit } from "../visit.js";

/** One smoke check: a question to the service, and what it proves. */
export interface Check {
  /** Stable name, as in findings and `--only`. */
  readonly name: string;
  readonly title: string;
  /** What goes wrong for users when this is not looked at. */
  readonly why: string;
  /** Its section under `validation.smoke`. */
  readonly setting: keyof Smoke;
  /** How many request time-outs it may take in all before it is given up. */
  readonly patience: number;
  /** Made after everything else, performance included: it uses up an allowance that others need. */
  readonly last: boolean;
  /** Whether the settings switch it on. */
  wanted(smoke: Smoke): boolean;
  /** Asks and judges. Called only when `wanted`. What it throws becomes an `error`, never a pass. */
  run(visit: Visit): Promise<Seen>;
}

type Parameters<K extends keyof Smoke> = Exclude<Smoke[K], false>;

/** Declares a check that is on unless its setting is `false`. */
export function defineCheck<K extends keyof Smoke>(check: {
  name: string;
  title: string;
  why: string;
  setting: K;
  patience?: number;
  last?: boolean;
  /** Narrows further when it is on. */
  wanted?: (parameters: Parameters<K>) => boolean;
  run: (visit: Visit, parameters: Parameters<K>) => Promise<Seen>;
}): Check {
  const parameters = (smoke: Smoke) => {
    const section = smoke[check.setting];
    return section === false ? undefined : (section as Parameters<K>);
  };
  return {
    name: check.name,
    title: check.title,
    why: check.why,
    setting: check.setting,
    patience: check.patience ?? 3,
    last: check.last ?? false,
    wanted(smoke) {
      const given = parameters(smoke);
      return given !== undefined && (check.wanted?.(given) ?? true);
    },
    async run(visit) {
      const given = parameters(visit.settings.smoke);
      if (given === undefined) throw new Error(`${check.name} is switched off`);
      return check.run(visit, given);
    },
  };
}
