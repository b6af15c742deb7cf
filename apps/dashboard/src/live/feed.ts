import type { LedgerEntry, Release } from "@atoms/playbook";

/** What the control plane tells by itself. `anew`: something may have been missed, so everything is to be read again. */
export type News = { entry: LedgerEntry } | { release: Release } | { anew: true };

/** Whether what is shown follows by itself. */
export type FeedState = "connecting" | "live" | "lost";

/** The stream of what happens. */
export interface Feed {
  readonly state: FeedState;
  /** @returns How to stop listening. */
  listen(hear: (news: News) => void): () => void;
  /** Told when the state changes. */
  watch(changed: () => void): () => void;
  close(): void;
}

/** Waits between tries when the browser itself has given up, in milliseconds. */
const again = [1_000, 2_000, 5_000, 10_000];

/** Follows the ledger. A browser connects again by itself; where it gives up, as after a restart, this does. */
export function openFeed(): Feed {
  const ears = new Set<(news: News) => void>();
  const watchers = new Set<() => void>();
  let state: FeedState = "connecting";
  let source: EventSource | undefined;
  let after: string | undefined;
  let tries = 0;
  let timer: number | undefined;
  let closed = false;

  const becomes = (next: FeedState) => {
    if (state === next) return;
    state = next;
    for (const changed of watchers) changed();
  };
  const tell = (news: News) => {
    for (const hear of ears) hear(news);
  };
  const data = (event: Event) => JSON.parse((event as MessageEvent<string>).data) as unknown;
  const place = (event: Event) => {
    after = (event as MessageEvent<string>).lastEventId || after;
  };

  const connect = () => {
    source = new EventSource(`/api/v1/events${after === undefined ? "" : `?after=${after}`}`);
    source.addEventListener("open", () => {
      tries = 0;
      becomes("live");
      // What is no entry, such as what a release is doing, is told only to those who listen.
      tell({ anew: true });
    });
    source.addEventListener("hello", place);
    source.addEventListener("reset", (event) => {
      place(event);
      tell({ anew: true });
    });
    source.addEventListener("entry", (event) => {
      place(event);
      tell({ entry: data(event) as LedgerEntry });
    });
    source.addEventListener("release", (event) => tell({ release: data(event) as Release }));
    source.addEventListener("error", () => {
      becomes("lost");
      if (closed || source?.readyState !== EventSource.CLOSED) return;
      window.clearTimeout(timer);
      timer = window.setTimeout(connect, again[Math.min(tries, again.length - 1)]);
      tries++;
    });
  };
  connect();

  return {
    get state() {
      return state;
    },
    listen(hear) {
      ears.add(hear);
      return () => void ears.delete(hear);
    },
    watch(changed) {
      watchers.add(changed);
      return () => void watchers.delete(changed);
    },
    close() {
      closed = true;
      window.clearTimeout(timer);
      source?.close();
    },
  };
}
