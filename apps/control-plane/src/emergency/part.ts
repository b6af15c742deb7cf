import { type Clock, isProblem, type Part } from "@atoms/playbook";

/**
 * Looks at one part of an emergency, for so long and no longer: work that does not heed its signal is left behind, so that one
 * dead part never delays the others.
 * @param limitMs Milliseconds.
 * @param hide Takes secrets out of what a failure says.
 */
export async function part<T>(
  clock: Clock,
  limitMs: number,
  work: (signal: AbortSignal) => Promise<T>,
  hide: (text: string) => string = (text) => text,
): Promise<Part<T>> {
  const began = clock.monotonic();
  const ms = () => Math.round(clock.monotonic() - began);
  const over = new AbortController();
  const waited = new AbortController();
  const late = Symbol("late");
  try {
    const first = await Promise.race([
      work(over.signal),
      clock.sleep(Math.max(0, limitMs), waited.signal).then(() => late),
    ]);
    if (first === late)
      return { is: "dead", because: `no answer within ${(limitMs / 1_000).toFixed(1)} s`, ms: ms() };
    return { is: "seen", value: first as T, ms: ms() };
  } catch (error) {
    const because = isProblem(error)
      ? error.happened.replace(/\.$/, "")
      : error instanceof Error
        ? error.message
        : String(error);
    return { is: "dead", because: hide(because), ms: ms() };
  } finally {
    waited.abort(new Error("it is over"));
    over.abort(new Error("it was waited for long enough"));
  }
}

/** What comes of a part that rests on another: dead for the same reason where that one is. */
export function dead<T>(part: Part<unknown>): Part<T> {
  return part.is === "dead" ? part : { is: "dead", because: "it could not be asked", ms: part.ms };
}
