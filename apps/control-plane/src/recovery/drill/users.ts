import type { Stage } from "./scenario.js";

const everyMs = 200;
const answerMs = 5_000;

/**
 * Asks every production host of a stage for its health, again and again, as users would, until it is stopped.
 * @returns `stop` says in a sentence, without full stop, how they were served.
 */
export async function watchUsers(stage: Stage): Promise<{ stop(): Promise<string> }> {
  const { plane, platform, order, signal, atTheEnd } = stage;
  const over = new AbortController();
  const { hosts } = await platform.production(signal);
  const headers = {
    ...platform.passHeaders(),
    ...(order.probe === undefined ? {} : { [order.probe.name]: order.probe.value }),
  };
  let [asked, served] = [0, 0];
  const asking = Promise.all(
    hosts.map(async (host) => {
      while (!over.signal.aborted) {
        const answer = await plane.http.send({ url: `${host}${order.health}`, headers, timeoutMs: answerMs });
        asked += 1;
        if (answer.answered && answer.status < 500) served += 1;
        await plane.clock.sleep(everyMs, over.signal).catch(() => undefined);
      }
    }),
  );
  const stop = async () => {
    over.abort(new Error("the drill is over"));
    await asking;
    const missed = asked - served;
    return missed === 0
      ? `users were served all ${asked} times that they asked`
      : `users asked ${asked} times meanwhile, and were not served ${missed} times`;
  };
  atTheEnd(stop);
  return { stop };
}
