/**
 * Picks points evenly over everything that can be killed, the rare ones first: each kind of write or call at each moment
 * comes once before any comes twice.
 * @param points "kind #nth moment", as `kill-point.mjs` writes them.
 * @param wanted How many; all when there are no more.
 * @param random Numbers in [0, 1); the same numbers pick the same points.
 */
export function samplePoints(points: readonly string[], wanted: number, random: () => number): string[] {
  const kinds = new Map<string, string[]>();
  for (const point of points) {
    const kind = point.replace(/ #\d+ /, " ");
    kinds.set(kind, [...(kinds.get(kind) ?? []), point]);
  }
  const waiting = [...kinds.values()].sort((a, b) => a.length - b.length);
  const picked: string[] = [];
  while (picked.length < wanted && waiting.some((ones) => ones.length > 0)) {
    for (const ones of waiting) {
      if (ones.length === 0 || picked.length === wanted) continue;
      picked.push(...ones.splice(Math.floor(random() * ones.length), 1));
    }
  }
  return picked;
}

/**
 * How many points each process that goes on with a release gets to before it dies: few or many, so that some die at
 * once and the release comes along all the same.
 * @param most At most so many points.
 * @param times How many processes die.
 * @param random Numbers in [0, 1).
 */
export function strides(most: number, times: number, random: () => number): number[] {
  return Array.from({ length: times }, () => 1 + Math.floor(random() * Math.max(1, most)));
}

/** A small generator of numbers in [0, 1) with a seed, so that a run can be repeated (mulberry32). */
export function seeded(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
  };
}
