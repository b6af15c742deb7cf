/** A signal that follows others, until it is let go. */
export interface AnySignal {
  /** Fires with the first of those it follows, for the same reason. */
  readonly signal: AbortSignal;
  /** Follows no more: nothing of it stays with the signals it followed. Has to be called when the work is over. */
  release(): void;
}

/** Who follows a signal, and the one listener that it has for all of them. */
type Followed = { followers: Set<AbortController>; listener: () => void };
const followed = new WeakMap<AbortSignal, Followed>();

/**
 * One signal for several, as `AbortSignal.any` makes. That one leaves some bytes with each source for as long as the
 * source lives (Node 20, https://github.com/nodejs/node/issues/54614), which adds up where one source lives as long as
 * the process and thousands of short pieces of work follow it. Here a source has one listener however many follow it.
 * @param sources Those it follows; one that has fired already fires it at once.
 */
export function anySignal(...sources: readonly AbortSignal[]): AnySignal {
  const own = new AbortController();
  const fired = sources.find((source) => source.aborted);
  if (fired !== undefined) {
    own.abort(fired.reason);
    return { signal: own.signal, release: () => undefined };
  }
  for (const source of sources) follow(source, own);
  return {
    signal: own.signal,
    release() {
      for (const source of sources) leave(source, own);
    },
  };
}

function follow(source: AbortSignal, own: AbortController): void {
  let those = followed.get(source);
  if (those === undefined) {
    const followers = new Set<AbortController>();
    const listener = () => {
      followed.delete(source);
      for (const one of followers) one.abort(source.reason);
      followers.clear();
    };
    those = { followers, listener };
    followed.set(source, those);
    source.addEventListener("abort", listener, { once: true });
  }
  those.followers.add(own);
}

function leave(source: AbortSignal, own: AbortController): void {
  const those = followed.get(source);
  if (those === undefined || !those.followers.delete(own) || those.followers.size > 0) return;
  source.removeEventListener("abort", those.listener);
  followed.delete(source);
}
