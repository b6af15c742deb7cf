/** Where the API is. */
export const below = "/api/v1";

/** Where a verb that reads is asked, below the API. */
export const readAt = (path: string, input: unknown): string =>
  `${path}?input=${encodeURIComponent(JSON.stringify(input))}`;

/** Where the answers wait that were asked for before the dashboard's own program was there, by path below the API. */
const place = globalThis as { atomsAhead?: Record<string, Promise<Response>> };

/** Asks ahead. */
export function askAhead(paths: readonly string[]): void {
  place.atomsAhead = Object.fromEntries(
    paths.map((path) => {
      const answer = fetch(`${below}${path}`, { signal: AbortSignal.timeout(60_000) });
      // Whoever takes it is told; when nobody does, nobody misses it.
      answer.catch(() => {});
      return [path, answer];
    }),
  );
}

/** The answer that was asked for ahead: for the first who wants it, since it grows old. */
export function askedAhead(path: string): Promise<Response> | undefined {
  const answer = place.atomsAhead?.[path];
  delete place.atomsAhead?.[path];
  return answer;
}

/** Forgets what was asked ahead. */
export function forgetAhead(): void {
  delete place.atomsAhead;
}
