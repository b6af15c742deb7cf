import { alternativesOf, type Matcher, matches } from "./matchers.js";
import type { Alert, Quiet, Silence } from "./model.js";

type Labels = Alert["labels"];

/** Silences by the label that each is looked up by, so that an alert is held against the few that can match it. */
export type SilenceIndex = ReadonlyMap<string, OfLabel>;

/** Silences by what a label must be, by what it must begin with (put together by its length), and the rest. */
type OfLabel = {
  whole: Map<string, Silence[]>;
  byLength: Map<number, Map<string, Silence[]>>;
  rest: { silence: Silence; key: Matcher }[];
  /** What was found for values that were asked for. */
  found: Map<string, readonly Silence[]>;
};

/** The label that tells most silences apart is asked first. */
const telling = ["rule", "monitor"];
/** Values whose silences are remembered; more than there are rules or monitors. */
const mostValues = 30_000;

/** Puts silences in order for `silencedBy`. */
export function indexSilences(silences: readonly Silence[]): SilenceIndex {
  const index = new Map<string, OfLabel>();
  for (const silence of silences) {
    const key = keyMatcher(silence.matchers);
    const own: OfLabel = index.get(key.label) ?? {
      whole: new Map(),
      byLength: new Map(),
      rest: [],
      found: new Map(),
    };
    index.set(key.label, own);
    if (!begins(key)) {
      own.rest.push({ silence, key });
      continue;
    }
    for (const [first = "", ...more] of key.operator === "=" ? [[key.value]] : alternativesOf(key)) {
      const under = more.length === 0 ? own.whole : (own.byLength.get(first.length) ?? new Map());
      if (more.length > 0) own.byLength.set(first.length, under);
      const list = under.get(first);
      if (list === undefined) under.set(first, [silence]);
      else list.push(silence);
    }
  }
  return index;
}

/** Says what a label is, or at least what it begins with. */
const begins = (one: Matcher) =>
  one.operator === "=" ||
  (one.operator === "=~" &&
    alternativesOf(one).every((parts) => parts.length === 1 || (parts[0] ?? "") !== ""));

/** The matcher that a silence is looked up by: one that says much about a label that tells much. */
function keyMatcher(matchers: readonly Matcher[]): Matcher {
  const equal = matchers.filter(({ operator }) => operator === "=");
  const able = matchers.filter(begins);
  const most = equal.length > 0 ? equal : able.length > 0 ? able : matchers;
  // A silence that asks for nothing matches whatever any label is.
  const none: Matcher = { label: "rule", operator: "=~", value: "*" };
  return most.find(({ label }) => telling.includes(label)) ?? most[0] ?? none;
}

function candidates(own: OfLabel, value: string): readonly Silence[] {
  const known = own.found.get(value);
  if (known !== undefined) return known;
  const found = [...(own.whole.get(value) ?? [])];
  for (const [length, beginnings] of own.byLength)
    found.push(...(beginnings.get(value.slice(0, length)) ?? []));
  for (const { silence, key } of own.rest) if (matches([key], { [key.label]: value })) found.push(silence);
  if (own.found.size >= mostValues) own.found.clear();
  own.found.set(value, found);
  return found;
}

/** Whether a silence is in force. @param now Milliseconds since the epoch. */
export const inForce = (silence: Silence, now: number): boolean =>
  silence.endedAt === undefined && silence.startsAt <= now && now < silence.endsAt;

/** The silence that keeps these labels quiet now, the one that lasts longest if there are several. */
export function silencedBy(index: SilenceIndex, labels: Labels, now: number): Silence | undefined {
  let longest: Silence | undefined;
  for (const [label, own] of index)
    for (const one of candidates(own, labels[label] ?? ""))
      if (one.endsAt > (longest?.endsAt ?? 0) && inForce(one, now) && matches(one.matchers, labels))
        longest = one;
  return longest;
}

/** While an alert of `source` fires, those of `target` that have `equal` in common with it are told to nobody. */
export type Inhibition = {
  source: readonly Matcher[];
  target: readonly Matcher[];
  equal: readonly string[];
};

/** A fast burn of an objective keeps its slower ones quiet: they tell the same, later. */
export const sloInhibitions: readonly Inhibition[] = [
  ["1h", "6h|1d|3d"],
  ["6h", "1d|3d"],
  ["1d", "3d"],
].map(([fast = "", slow = ""]) => ({
  source: [
    { label: "burn", operator: "=", value: fast },
    { label: "slo", operator: "!=", value: "" },
  ],
  target: [{ label: "burn", operator: "=~", value: slow }],
  equal: ["slo", "monitor"],
}));

/**
 * Finds who inhibits whom among the firing alerts. An alert that is both source and target does not inhibit itself, and
 * a silenced or acknowledged source still inhibits, both as in Alertmanager.
 */
export function inhibitor(
  firing: readonly Alert[],
  inhibitions: readonly Inhibition[],
): (alert: Alert) => Alert | undefined {
  const sources = inhibitions.map((one) => {
    const byKey = new Map<string, Alert>();
    for (const alert of firing)
      if (matches(one.source, alert.labels) && !matches(one.target, alert.labels))
        byKey.set(keyOf(alert, one.equal), alert);
    return { one, byKey };
  });
  return (alert) => {
    for (const { one, byKey } of sources) {
      if (byKey.size === 0 || !matches(one.target, alert.labels)) continue;
      const source = byKey.get(keyOf(alert, one.equal));
      if (source !== undefined && source.id !== alert.id) return source;
    }
    return undefined;
  };
}

const keyOf = (alert: Alert, labels: readonly string[]) =>
  JSON.stringify(labels.map((name) => alert.labels[name] ?? ""));

/** Why an alert tells nobody, if it does not. */
export function quietOf(
  alert: Alert,
  index: SilenceIndex,
  inhibitedBy: (alert: Alert) => Alert | undefined,
  now: number,
): Quiet | undefined {
  if (alert.acknowledgedBy !== undefined) return { why: "acknowledged", by: alert.acknowledgedBy };
  const silence = silencedBy(index, alert.labels, now);
  if (silence !== undefined) return { why: "silence", silence: silence.id };
  const by = inhibitedBy(alert);
  return by === undefined ? undefined : { why: "inhibited", by: by.id };
}
