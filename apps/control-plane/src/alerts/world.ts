import {
  type Alert,
  type AlertAction,
  type AlertingSettings,
  type AlertStore,
  type ChannelsOf,
  type Clock,
  type Gap,
  instancesOf,
  type Provider,
  type ReadyRule,
  type Release,
  type Releases,
  type Rule,
  reachOf,
  releaseSeries,
  type SeriesName,
  selectionsIn,
} from "@atoms/playbook";
import type { Bell } from "../bell.js";
import type { SampleCache } from "./sample-cache.js";

/** What is evaluated, as the playbook has it now. The same object again means that nothing has changed. */
export type AlertSetup = {
  service: string;
  environment: string;
  rules: readonly ReadyRule[];
  /** How far back each series is looked at, in milliseconds. */
  reaches: ReadonlyMap<SeriesName, number>;
  /** Why rules can't be evaluated, by rule; they could never fire. */
  gaps: readonly { rule: string; gap: Gap }[];
  /** From one look of a monitor to its next, in milliseconds, by its name. */
  everyMs: ReadonlyMap<string, number>;
  /** The longest that a look of any monitor may take, in milliseconds: a sample is written that long after its time. */
  lookMs: number;
  channelsOf: ChannelsOf;
  settings: AlertingSettings;
};

/** What came of an action: done, refused for good, or, by an error, to be tried again. */
export type Acted = { done: boolean; because: string };

/** What evaluation stands on. */
export interface AlertWorld {
  clock: Clock;
  /** Rung when a monitor turned. */
  bell?: Bell;
  alerts: AlertStore;
  releases: Releases;
  samples: SampleCache;
  setup(): Promise<AlertSetup>;
  /** Does one action of an alert. Called again for the same alert after a crash or an error. */
  act(alert: Alert, action: AlertAction, setup: AlertSetup): Promise<Acted>;
  /** Who acknowledged the page of an alert, if anybody has. */
  pageAcknowledgedBy(alert: Alert): Promise<string | undefined>;
  /** Told of every error that a round met; it goes on after it. */
  onError(doing: string, error: unknown): void;
}

/** Puts rules on the monitors there are. @param written From the playbook, its slo opened up. */
export function readyRules(
  written: readonly Rule[],
  providers: readonly Provider[],
): Pick<AlertSetup, "rules" | "reaches" | "gaps" | "everyMs" | "lookMs"> {
  const found = written.map((rule) => ({ rule, ...instancesOf(rule, providers) }));
  const rules = found.map(({ rule, instances }): ReadyRule => ({ rule, instances }));
  const gaps = found.flatMap((one) => one.gaps.map((gap) => ({ rule: one.rule.name, gap })));
  const everyMs = new Map(providers.map((one) => [one.monitor, one.everyMs]));
  const lookMs = Math.max(0, ...providers.map((one) => one.lookMs ?? one.everyMs));
  const reaches = new Map<SeriesName, number>();
  for (const { rule, instances } of rules)
    for (const condition of [rule.condition, ...(rule.clear === undefined ? [] : [rule.clear])])
      for (const of of selectionsIn(condition.expression)) {
        if (instances.length === 0 || releaseSeries.includes(of.series)) continue;
        // A last value is looked for as far back as the rarest monitor needs.
        reaches.set(of.series, Math.max(reachOf(condition), 3_600_000, reaches.get(of.series) ?? 0));
      }
  return { rules, reaches, gaps, everyMs, lookMs };
}

/** The states of a release as conditions name them. */
export const statusWords = {
  released: "released",
  "rolled back": "rolled_back",
  failed: "failed",
  aborted: "aborted",
  unsafe: "unsafe",
} as const satisfies Record<Exclude<Release["state"], "running">, string>;
