import type { LedgerEntry, Release } from "@atoms/playbook";
import type { ControlPlane } from "../control-plane.js";
import { tooManyStreams } from "../problems.js";

/** How often the store is asked for news while somebody listens, in milliseconds. */
const everyMs = 250;
/** A sign of life, so that a dead line is noticed by both ends. */
const pingMs = 15_000;
const pageSize = 500;
/** Who is farther behind is told to read anew instead. */
const farthestBehind = 5_000;
/** What may wait for one listener, in bytes, beside one entry. More it reads from the store when it has read this. */
const mostWaiting = 65_536;
/** How long a listener for whom something waits may read nothing, in milliseconds; then it is let go. */
const patienceMs = 30_000;
const mostListeners = { each: 100, all: 500 };

/** One who follows the ledger. */
export type Listener = {
  /** Whose stream it is, to keep one caller from taking all. */
  caller: string;
  /** Whether an entry, or a release, is the listener's to see. */
  sees(environment: string): boolean;
  /** Whether the listener is still let in; asked with every sign of life. */
  counts(): Promise<boolean>;
};

type Line = Listener & {
  /** The last entry that was sent. */
  after: number;
  send(text: string): void;
  /** Whether as much waits for it as may. */
  full(): boolean;
  /** Settles when less waits, or the line is closed. */
  room(): Promise<void>;
  open(): boolean;
  drop(why: string): void;
};

const entryText = (entry: LedgerEntry) =>
  `id: ${entry.seq}\nevent: entry\ndata: ${JSON.stringify(entry)}\n\n`;
const releaseText = (release: Release) => `event: release\ndata: ${JSON.stringify(release)}\n\n`;

/**
 * The ledger as a stream of server-sent events: `hello` when all that comes will be told, `entry` with the entry's place as id, `release` whenever one that is
 * under way has changed, `reset` when there was more than can be sent. The store is asked once for all listeners, and
 * only while there are any.
 */
export function ledgerFeed(plane: ControlPlane, patience = patienceMs) {
  const lines = new Set<Line>();
  let opened = 0;
  const openedBy = new Map<string, number>();
  let head = 0;
  let looping = false;

  const tell = (environment: string, text: string, seq?: number) => {
    for (const line of lines) {
      if (seq !== undefined && seq <= line.after) continue;
      if (line.full()) {
        lines.delete(line);
        void join(line);
        continue;
      }
      line.after = seq ?? line.after;
      if (line.sees(environment)) line.send(text);
    }
  };

  const loop = async () => {
    let shown = new Map<string, string>();
    while (lines.size > 0 && !plane.leaving.aborted) {
      try {
        const { ledger, releases } = await plane.store();
        const news = await ledger.read({ after: head, limit: pageSize });
        for (const entry of news) tell(entry.environment, entryText(entry), entry.seq);
        head = news.at(-1)?.seq ?? head;
        const running = await releases.list({ state: "running", limit: 50 });
        const texts = new Map(running.map((release) => [release.id, releaseText(release)]));
        for (const release of running) {
          const text = texts.get(release.id) ?? "";
          if (shown.get(release.id) !== text) tell(release.environment, text);
        }
        shown = texts;
        if (news.length === pageSize) continue;
      } catch (error) {
        plane.reportBug("following the ledger", error);
      }
      await plane.clock.sleep(everyMs, plane.leaving).catch(() => undefined);
    }
  };

  const begin = async (line: Line, since: number | undefined) => {
    const { ledger } = await plane.store();
    const [newest] = await ledger.read({ last: true, limit: 1 });
    const end = newest?.seq ?? 0;
    line.after = since ?? end;
    if (since === undefined) line.send(`id: ${end}\nevent: hello\ndata: {}\n\n`);
    if (end - line.after > farthestBehind || line.after > end) {
      line.after = end;
      line.send(`id: ${end}\nevent: reset\ndata: {}\n\n`);
    }
    await join(line);
  };

  /** Lets a listener catch up with what it has missed, as fast as it reads, then take part. */
  const join = async (line: Line): Promise<void> => {
    try {
      const { ledger } = await plane.store();
      while (line.open()) {
        const page = await ledger.read({ after: line.after, limit: pageSize });
        for (const entry of page) {
          if (line.full()) await line.room();
          if (!line.open()) return;
          line.after = entry.seq;
          if (line.sees(entry.environment)) line.send(entryText(entry));
        }
        // What is told to all from here on is after what this one knows.
        if (page.length < pageSize && (!looping || line.after >= head)) break;
      }
      if (!line.open()) return;
      if (!looping) head = line.after;
      lines.add(line);
      if (!looping) void run();
    } catch (error) {
      plane.reportBug("following the ledger", error);
      line.drop("the ledger cannot be read");
    }
  };

  const run = async () => {
    looping = true;
    await loop();
    looping = false;
    // Somebody may have come when the last one had just gone.
    if (lines.size > 0 && !plane.leaving.aborted) void run();
  };

  return {
    /** How many listen. */
    listening: () => opened,
    /**
     * Opens a stream.
     * @param since The last entry that the listener knows; undefined: only what comes.
     * @throws ATM-947
     */
    open(listener: Listener, since: number | undefined): ReadableStream<Uint8Array> {
      const own = openedBy.get(listener.caller) ?? 0;
      if (opened >= mostListeners.all || own >= mostListeners.each)
        throw tooManyStreams({ most: own >= mostListeners.each ? mostListeners.each : mostListeners.all });
      opened += 1;
      openedBy.set(listener.caller, own + 1);
      const encoder = new TextEncoder();
      let open = true;
      let pulled = () => {};
      let ping: NodeJS.Timeout | undefined;
      let line: Line | undefined;
      const end = () => {
        if (!open) return;
        open = false;
        clearInterval(ping);
        plane.leaving.removeEventListener("abort", leave);
        opened -= 1;
        const left = (openedBy.get(listener.caller) ?? 1) - 1;
        if (left > 0) openedBy.set(listener.caller, left);
        else openedBy.delete(listener.caller);
        if (line !== undefined) lines.delete(line);
        pulled();
      };
      let leave = () => end();
      return new ReadableStream<Uint8Array>(
        {
          start(controller) {
            const drop = (why: string) => {
              if (!open) return;
              end();
              controller.error(new Error(why));
            };
            leave = () => {
              if (!open) return;
              end();
              controller.close();
            };
            plane.leaving.addEventListener("abort", leave);
            const send = (text: string) => {
              if (open) controller.enqueue(encoder.encode(text));
            };
            const full = () => (controller.desiredSize ?? 0) <= 0;
            const room = async () => {
              const late = setTimeout(() => drop("the listener does not read"), patience);
              while (open && full())
                await new Promise<void>((resolve) => {
                  pulled = resolve;
                });
              clearTimeout(late);
            };
            line = { ...listener, after: 0, send, full, room, open: () => open, drop };
            send("retry: 1000\n\n");
            ping = setInterval(() => {
              if (!full()) send(": still here\n\n");
              listener.counts().then(
                (counts) => (counts ? undefined : leave()),
                () => undefined,
              );
            }, pingMs);
            begin(line, since).catch((error: unknown) => {
              plane.reportBug("following the ledger", error);
              drop("the ledger cannot be read");
            });
          },
          pull: () => pulled(),
          cancel: end,
        },
        new ByteLengthQueuingStrategy({ highWaterMark: mostWaiting }),
      );
    },
  };
}
