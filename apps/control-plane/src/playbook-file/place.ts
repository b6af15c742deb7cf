/** Where something stands in the settings: keys and places in lists. */
export type Path = readonly (string | number)[];

/** What a path leads to; undefined where nothing is. */
export function valueAt(data: unknown, place: readonly PropertyKey[]): unknown {
  return place.reduce<unknown>(
    (value, part) =>
      typeof value === "object" && value !== null && Object.hasOwn(value, part)
        ? (value as Record<PropertyKey, unknown>)[part]
        : undefined,
    data,
  );
}

/** Whether a place is at or inside another one. */
export function isWithin(place: readonly PropertyKey[], around: readonly PropertyKey[]): boolean {
  return around.every((part, i) => place[i] === part);
}

/** The data without what is at a place; the original is left as it is. */
export function without(data: object, place: Path): object {
  const [head, ...rest] = place;
  if (head === undefined || !Object.hasOwn(data, head)) return data;
  const copy = { ...data } as Record<string | number, unknown>;
  const inner = copy[head];
  if (rest.length === 0) delete copy[head];
  else if (typeof inner === "object" && inner !== null) copy[head] = without(inner, rest);
  return copy;
}

/** The data with another value at a place; the original is left as it is. */
export function replaced(data: object, place: Path, value: unknown): object {
  const [head, ...rest] = place;
  if (head === undefined) return data;
  const copy = (Array.isArray(data) ? [...data] : { ...data }) as Record<string | number, unknown>;
  const inner = copy[head];
  copy[head] =
    rest.length === 0 || typeof inner !== "object" || inner === null ? value : replaced(inner, rest, value);
  return copy as object;
}
