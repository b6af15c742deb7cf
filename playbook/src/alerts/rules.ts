import { formatDuration } from "../terms/index.js";
import { readCondition } from "./language/index.js";
import { matches } from "./matchers.js";
import type { Condition, Expression, Rule, Selection, SeriesName, Use } from "./model.js";
import { states } from "./model.js";
import type { AlertRule } from "./settings.js";

/**
 * The SRE workbook's burn rates for an objective over 30 days ("Alerting on SLOs", multiwindow, multi-burn-rate): each
 * long window with a short one that ends the alert soon after the burn ends.
 */
export const workbookBurns = [
  { long: "1h", short: "5m", times: 14.4, slow: false },
  { long: "6h", short: "30m", times: 6, slow: false },
  { long: "1d", short: "2h", times: 3, slow: true },
  { long: "3d", short: "6h", times: 1, slow: true },
] as const;

/** The rules of a playbook, an `slo` opened up into its four. */
export function rulesOf(written: readonly AlertRule[]): Rule[] {
  return written.flatMap((rule) => {
    const common: Omit<Rule, "name" | "condition"> = {
      clear: rule.clear,
      duration: rule.duration,
      keepFiringFor: rule.keep_firing_for,
      severity: rule.severity,
      actions: rule.actions,
      missing: rule.missing,
      duringRelease: rule.during_release,
      labels: rule.labels,
      summary: rule.summary,
    };
    if (rule.condition !== undefined) return [{ name: rule.name, condition: rule.condition, ...common }];
    const { slo } = rule;
    if (slo === undefined) return [];
    const series =
      slo.monitor === undefined ? slo.metric : `${slo.metric}{monitor=${JSON.stringify(slo.monitor)}}`;
    const objective = `slo ${Number((slo.objective * 100).toPrecision(12))}%`;
    return workbookBurns.map(({ long, short, times, slow }): Rule => {
      const text = `burn_rate(${series}, ${objective}, ${long}) > ${times} and burn_rate(${series}, ${objective}, ${short}) > ${times}`;
      const read = readCondition(text);
      if (!read.ok) throw new Error(`${text}: ${read.message}`);
      return {
        name: `${rule.name}_${long}`,
        condition: read.condition,
        ...common,
        severity: slow ? slo.slow.severity : rule.severity,
        actions: slow ? slo.slow.actions : rule.actions,
        labels: { ...rule.labels, slo: rule.name, burn: long },
      };
    });
  });
}

/** A monitor and what it measures. */
export type Provider = {
  monitor: string;
  series: readonly SeriesName[];
  /** Its own labels; `monitor` is its name. */
  labels: { readonly [name: string]: string };
  /** From one look to the next, in milliseconds; decides how long a sample stands. */
  everyMs: number;
  /** The longest that one look may take, in milliseconds; left out: as long as the time to the next. */
  lookMs?: number;
};

/** What releases themselves tell; no monitor is needed for it. */
export const releaseSeries: readonly SeriesName[] = Object.keys(states) as SeriesName[];

/** One rule on the series it is evaluated on: of each thing it reads, from which monitor. */
export type Instance = {
  /** The monitor that tells its alerts apart, or the only ones it reads, joined by `+`; "" where it reads none. */
  series: string;
  /** It reads nothing but what releases tell: its alerts are about one release each. */
  ofRelease?: true;
  labels: { readonly [name: string]: string };
  monitorOf: ReadonlyMap<Selection, string>;
};

/** Why a rule can't be evaluated. `column` counts from 1 within its condition, or within `clear`. */
export type Gap = {
  in: "condition" | "clear";
  column: number;
  message: string;
  word?: string;
  known?: readonly string[];
};

/**
 * Puts a rule on the series there are. A rule that reads one thing of several monitors is one per monitor; what only one
 * monitor gives goes with each of them.
 * @returns The instances, or what nobody provides.
 */
export function instancesOf(
  rule: Rule,
  providers: readonly Provider[],
): { instances: Instance[]; gaps: Gap[] } {
  const parts = [
    { in: "condition" as const, condition: rule.condition },
    ...(rule.clear === undefined ? [] : [{ in: "clear" as const, condition: rule.clear }]),
  ];
  const gaps = parts.flatMap(({ in: where, condition }) =>
    condition.uses.flatMap((use) => gapOf(use, where, providers)),
  );
  if (gaps.length > 0) return { instances: [], gaps };

  const reads = parts.flatMap(({ condition }) =>
    selectionsIn(condition.expression).map((of) => ({ of, by: providersOf(of, providers) })),
  );
  const own = reads.filter(({ by }) => by !== "releases");
  const several = own.filter(({ by }) => by.length > 1);
  const only = [...new Set(own.flatMap(({ by }) => (by !== "releases" && by.length === 1 ? by : [])))];
  const first = several[0];
  if (first === undefined || first.by === "releases") {
    const series = only.map(({ monitor }) => monitor).join("+");
    return {
      instances: [
        {
          series,
          ...(own.length === 0 ? { ofRelease: true } : {}),
          labels: only.length === 1 ? labelsOf(only[0]) : series === "" ? {} : { monitor: series },
          monitorOf: new Map(
            reads.map(({ of, by }) => [of, by === "releases" ? "" : (by[0]?.monitor ?? "")]),
          ),
        },
      ],
      gaps: [],
    };
  }
  const shared = first.by.filter((provider) =>
    several.every(({ by }) => by !== "releases" && by.includes(provider)),
  );
  if (shared.length === 0) {
    const use =
      rule.condition.uses.find(({ series }) => series === first.of.series) ?? rule.condition.uses[0];
    const named = [...new Set(several.map(({ of }) => of.series))].join(" and ");
    return {
      instances: [],
      gaps: [
        {
          in: "condition",
          column: use?.column ?? 1,
          message: `expected one monitor that gives ${named}, but they come from different ones; name them, for example ${first.of.series}{monitor="${first.by[0]?.monitor}"}`,
        },
      ],
    };
  }
  return {
    instances: shared.map((provider) => ({
      series: provider.monitor,
      labels: labelsOf(provider),
      monitorOf: new Map(
        reads.map(({ of, by }) => [
          of,
          by === "releases" ? "" : by.length > 1 ? provider.monitor : (by[0]?.monitor ?? ""),
        ]),
      ),
    })),
    gaps: [],
  };
}

const labelsOf = (provider: Provider | undefined) =>
  provider === undefined ? {} : { ...provider.labels, monitor: provider.monitor };

function providersOf(of: Selection, providers: readonly Provider[]): readonly Provider[] | "releases" {
  if (releaseSeries.includes(of.series)) return "releases";
  return providers.filter(
    (one) => one.series.includes(of.series) && (of.where.length === 0 || matches(of.where, labelsOf(one))),
  );
}

function gapOf(use: Use, where: Gap["in"], providers: readonly Provider[]): Gap[] {
  const found = providersOf(use, providers);
  if (found === "releases") {
    if (use.where.length === 0) return [];
    return [
      {
        in: where,
        column: use.column,
        message: `expected no labels after ${use.series}: releases tell it, not monitors`,
      },
    ];
  }
  if (found.length > 0) return [];
  const giving = providers.filter((one) => one.series.includes(use.series));
  if (giving.length > 0)
    return [
      {
        in: where,
        column: use.column,
        message: `no monitor that gives ${use.series} has these labels; it comes from ${giving.map(({ monitor }) => monitor).join(", ")}`,
      },
    ];
  const known = [...new Set(providers.flatMap(({ series }) => series)), ...releaseSeries];
  return [
    {
      in: where,
      column: use.column,
      message: `no monitor gives ${use.series}, so this rule could never fire; monitors here give ${known.length === releaseSeries.length ? "nothing yet" : known.join(", ")}`,
      word: use.series,
      known,
    },
  ];
}

/** Every place in an expression where a series is read. */
export function selectionsIn(one: Expression): Selection[] {
  switch (one.kind) {
    case "literal":
      return [];
    case "not":
    case "negative":
      return selectionsIn(one.of);
    case "and":
    case "or":
    case "compare":
    case "arithmetic":
      return [...selectionsIn(one.left), ...selectionsIn(one.right)];
    default:
      return [one.of];
  }
}

/** How far back a condition looks, in milliseconds; 0 when only at the last sample. */
export function reachOf(condition: Condition): number {
  const reach = (one: Expression): number => {
    switch (one.kind) {
      case "window":
      case "burn":
        return one.range;
      case "not":
      case "negative":
        return reach(one.of);
      case "and":
      case "or":
      case "compare":
      case "arithmetic":
        return Math.max(reach(one.left), reach(one.right));
      default:
        return 0;
    }
  };
  return reach(condition.expression);
}

/** A rule's time in words, e.g. "for 5m". */
export const writeTiming = (rule: Rule): string =>
  [
    rule.duration > 0 ? `for ${formatDuration(rule.duration)}` : "",
    rule.keepFiringFor > 0 ? `kept firing for ${formatDuration(rule.keepFiringFor)}` : "",
  ]
    .filter((part) => part !== "")
    .join(", ");
