import { isProblem } from "../terms/index.js";
import { OutOfTime, within } from "../validation/index.js";
import type { LookWorld } from "./kinds/kind.js";
import type { MonitorSample } from "./model.js";
import type { Monitor } from "./plan.js";
import { kindOf } from "./settings.js";

/** What a look needs besides its world, which is opened for it. */
export interface LookPorts extends Pick<LookWorld, "clock"> {
  service: string;
  environment: string;
  /**
   * Opens what the monitor's kind looks at. @throws Whatever stands in the way; it becomes the reason of a look that is
   * down.
   * @returns undefined when there is nothing to look at yet.
   */
  world(monitor: Monitor, at: number, signal: AbortSignal): Promise<LookWorld | undefined>;
  signal: AbortSignal;
}

/** Milliseconds that finding out what to look at may take, besides the look itself. */
const opensWithinMs = 10_000;

/** The longest that a look may take, in milliseconds: its sample is written down this long after it began. */
export const longestLookMs = ({ settings }: Monitor): number =>
  opensWithinMs + kindOf(settings).limitMs(settings);

/**
 * Looks once, within the time that its kind may take. Whatever goes wrong is a look that is down, never one left out.
 * @param at When the look began: milliseconds since the epoch.
 * @returns undefined when there is nothing to look at yet.
 * @throws The reason of the signal when it fires.
 */
export async function lookOnce(
  monitor: Monitor,
  at: number,
  { service, environment, clock, world, signal }: LookPorts,
): Promise<MonitorSample | undefined> {
  const kind = kindOf(monitor.settings);
  const limit = longestLookMs(monitor);
  const about = { monitor: monitor.name, service, environment, at };
  try {
    const found = await within(limit, clock, signal, async (inner) => {
      const opened = await world(monitor, at, inner);
      return opened === undefined ? undefined : kind.look(monitor.settings, opened);
    });
    return found === undefined ? undefined : { ...about, ...found };
  } catch (error) {
    signal.throwIfAborted();
    return { ...about, outcome: "down", values: {}, because: reasonOf(error, limit) };
  }
}

function reasonOf(error: unknown, limit: number): string {
  if (error instanceof OutOfTime) return `The look was not done after ${Math.round(limit / 1_000)} s.`;
  if (isProblem(error)) return `${error.code} ${error.happened}`;
  return `The look broke off: ${error instanceof Error ? error.message : String(error)}`;
}
