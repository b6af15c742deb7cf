import { distance } from "fastest-levenshtein";

/** The known word nearest to what was written, if it is near enough to be a typo. */
export function nearest(written: string, known: readonly string[]): string | undefined {
  const plain = (word: string) => word.toLowerCase().replace(/[-_\s]/g, "");
  let best: { word: string; away: number } | undefined;
  for (const word of known) {
    // Two letters changed places: one slip of the fingers, though two edits.
    const swapped = sorted(plain(written)) === sorted(plain(word));
    const away = swapped
      ? Math.min(1, distance(plain(written), plain(word)))
      : distance(plain(written), plain(word));
    if (best === undefined || away < best.away) best = { word, away };
  }
  const allowed = Math.max(1, Math.floor(written.length / 3));
  return best !== undefined && best.away <= allowed ? best.word : undefined;
}

const sorted = (word: string) => [...word].sort().join("");
