import type { Context } from "hono";

/** One page of a list, newest first, as the official clients walk it. */
export interface Page<T> {
  readonly items: T[];
  readonly pagination: { readonly count: number; readonly next: number | null; readonly prev: number | null };
}

/**
 * Cuts the page that `limit`, `until` (older than, ms), `since` and `from`/`to` ask for.
 * @param at the time of an item in ms; equal times stay on one page so that none is lost between pages
 */
export function pageOf<T>(
  c: Context,
  all: readonly T[],
  at: (item: T) => number,
  defaultLimit = 20,
): Page<T> {
  const limit = Math.min(100, Math.max(1, number(c, "limit") ?? defaultLimit));
  const before = number(c, "until") ?? Number.POSITIVE_INFINITY;
  const to = number(c, "to") ?? Number.POSITIVE_INFINITY;
  const since = number(c, "since") ?? number(c, "from") ?? 0;
  const fitting = all
    .filter((item) => at(item) < before && at(item) <= to && at(item) >= since)
    .sort((a, b) => at(b) - at(a));
  let end = Math.min(limit, fitting.length);
  while (end > 0 && end < fitting.length && at(fitting[end - 1] as T) === at(fitting[end] as T)) end++;
  const items = fitting.slice(0, end);
  const last = items.at(-1);
  const first = items[0];
  return {
    items,
    pagination: {
      count: items.length,
      next: end < fitting.length && last !== undefined ? at(last) : null,
      prev: first !== undefined && number(c, "until") !== null ? at(first) : null,
    },
  };
}

/** A numeric query parameter; null when absent or not a number. */
export function number(c: Context, name: string): number | null {
  const text = c.req.query(name);
  if (text === undefined || text === "") return null;
  const value = Number(text);
  return Number.isFinite(value) ? value : null;
}
