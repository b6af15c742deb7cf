import type { Actor } from "../terms/index.js";
import type { ChannelsOf } from "./messages.js";
import type { Alert, Rule, Selection, Silence } from "./model.js";
import type { Instance } from "./rules.js";
import type { Samples } from "./series.js";
import type { AlertingSettings } from "./settings.js";

/** A rule with the series it is evaluated on. */
export type ReadyRule = { rule: Rule; instances: readonly Instance[] };

/** All that one evaluation stands on. */
export type Round = {
  service: string;
  environment: string;
  /** Milliseconds since the epoch. */
  now: number;
  rules: readonly ReadyRule[];
  /** As `AlertStore.open` gives them. */
  alerts: readonly Alert[];
  /** As `AlertStore.silences` gives them. The same array again is not put in order again. */
  silences: readonly Silence[];
  /** The release under way, if any; `muteOver` when a person has ended its mute. */
  release?: { id: string; startedAt: number; muteOver?: boolean } | undefined;
  /** The release that `deployment_status` tells of now. */
  statusOf?: string | undefined;
  samples(series: Selection["series"], monitor: string): Samples | undefined;
  channelsOf: ChannelsOf;
  settings: AlertingSettings;
};

/** Atoms acting on its schedule. */
export const actor: Actor = { kind: "atoms", name: "atoms", via: "schedule" };

const byName = new WeakMap<readonly ReadyRule[], Map<string, Rule>>();

function ruleOf(rules: readonly ReadyRule[], name: string): Rule | undefined {
  const known = byName.get(rules) ?? new Map(rules.map(({ rule }) => [rule.name, rule]));
  byName.set(rules, known);
  return known.get(name);
}

/** What a rule sets off; nothing once it has left the playbook. */
export const actionsOf = (rules: readonly ReadyRule[], name: string) => ruleOf(rules, name)?.actions ?? [];
