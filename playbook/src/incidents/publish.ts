import type { Incident } from "./model.js";

/** Says that a text is for everybody. `title`: what the incident is called there; as before when left out. */
export type ForEverybody = { title?: string };

/**
 * The incident with a text that everybody may read, at the state that it is in.
 * @param at Milliseconds since the epoch. @param more Undefined leaves it as it is: the text stays inside.
 */
export function withPublic(
  incident: Incident,
  at: number,
  text: string,
  more: ForEverybody | undefined,
): Incident {
  if (more === undefined) return incident;
  const title = more.title ?? incident.published?.title;
  const updates = [...(incident.published?.updates ?? []), { at, state: incident.state, text }];
  return { ...incident, published: { ...(title === undefined ? {} : { title }), updates } };
}
