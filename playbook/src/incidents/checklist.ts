import type { Incident } from "./model.js";

/** One item of an incident's checklist as it stands. */
export type ChecklistItem = {
  /** Counts from 1. */
  number: number;
  text: string;
  done: boolean;
  /** Milliseconds since the epoch; only where that is known. */
  at?: number;
  /** Who did it; undefined when it is read off the incident. */
  by?: string;
};

/** How an item can be read off the incident itself: when it was done, or undefined. */
const signs: readonly { of: RegExp; doneAt(incident: Incident): number | undefined }[] = [
  { of: /^acknowledge\b/i, doneAt: ({ acknowledgedAt }) => acknowledgedAt },
  {
    of: /\bchannel\b/i,
    doneAt: ({ channel, openedAt }) => (channel?.is === "there" ? openedAt : undefined),
  },
  { of: /^assign incident commander$/i, doneAt: ({ roles }) => roles["commander"]?.at },
  { of: /^notify stakeholders$/i, doneAt: ({ updatedAt }) => updatedAt },
  { of: /^begin troubleshooting$/i, doneAt: ({ acknowledgedAt }) => acknowledgedAt },
  { of: /^document timeline$/i, doneAt: ({ notedAt }) => notedAt },
  { of: /^implement fix/i, doneAt: ({ fixedAt, resolvedAt }) => fixedAt ?? resolvedAt },
  {
    of: /^verify resolution$/i,
    doneAt: ({ verified, resolvedAt }) =>
      verified !== undefined && verified.anyway === undefined ? resolvedAt : undefined,
  },
  { of: /^close incident$/i, doneAt: ({ closedAt }) => closedAt },
  { of: /^schedule post-mortem$/i, doneAt: ({ review, resolvedAt }) => review && resolvedAt },
];

/** How the checklist stands: what somebody ticked, and what can be read off the incident. */
export function checklistOf(incident: Incident, items: readonly string[]): ChecklistItem[] {
  return items.map((text, i) => {
    const ticked = incident.done[text];
    const base = { number: i + 1, text };
    if (ticked !== undefined) return { ...base, done: true, at: ticked.at, by: ticked.by };
    const at = signs.find(({ of }) => of.test(text))?.doneAt(incident);
    return at === undefined ? { ...base, done: false } : { ...base, done: true, at };
  });
}
