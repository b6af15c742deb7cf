import type { Clock } from "../terms/index.js";
import type { DoorProof, HostDoor } from "./model.js";

/** Right answers in a row that count as proof: behind one host there may be several processes. */
const answersWanted = 3;
const everyMs = 300;

/**
 * Asks every host until each has given three right answers in a row, or the time is up. The flag is only a wish: this
 * is what users get. Reads only, so it may be run again at any time.
 * @param look Asks every host once. @param timeoutMs How long to go on asking.
 */
export async function proveDoor(
  look: () => Promise<HostDoor[]>,
  right: (host: HostDoor) => boolean,
  timeoutMs: number,
  clock: Clock,
  signal: AbortSignal,
): Promise<DoorProof> {
  const began = clock.monotonic();
  const inARow = new Map<string, number>();
  for (;;) {
    const hosts = await look();
    for (const one of hosts) inARow.set(one.host, right(one) ? (inARow.get(one.host) ?? 0) + 1 : 0);
    const ms = Math.round(clock.monotonic() - began);
    if (hosts.length > 0 && hosts.every(({ host }) => (inARow.get(host) ?? 0) >= answersWanted))
      return { proven: true, hosts, ms };
    if (ms >= timeoutMs || signal.aborted) return { proven: false, hosts, ms };
    // Hosts that answer right are asked again at once; only a wrong answer is worth a pause.
    if (!hosts.every(right)) await clock.sleep(everyMs, signal).catch(() => undefined);
  }
}
