import { formatDuration, lastTime, nextTimes, timeText } from "../terms/index.js";
import type { MaintenanceNotice } from "./ports.js";
import type { MaintenanceWindow } from "./settings.js";

/** One time of a window. Times in milliseconds since the epoch. */
export type PlannedWindow = {
  name: string;
  startsAt: number;
  /** When it is lifted at the latest. */
  endsAt: number;
  because: string;
  tasks: readonly string[];
  /** The zone whose clocks it goes by. */
  zone: string;
};

const plannedOf = (window: MaintenanceWindow, startsAt: number, tasks: readonly string[]): PlannedWindow => ({
  name: window.name,
  startsAt,
  endsAt: startsAt + window.for,
  because: window.because,
  tasks: window.tasks ?? tasks,
  zone: window.time_zone,
});

/**
 * The next times of all windows, in the order in which they come. A wall time that clocks skip comes as much later as they
 * jump, one that they show twice comes once; a window always lasts as long, whatever clocks do in it.
 * @param tasks Every task of the playbook, for windows that name none. @param after Strictly after this.
 */
export function nextWindows(
  windows: readonly MaintenanceWindow[],
  tasks: readonly string[],
  after: number,
  count: number,
): PlannedWindow[] {
  return windows
    .flatMap((window) => nextTimes(window, after, count).map((at) => plannedOf(window, at, tasks)))
    .sort((a, b) => a.startsAt - b.startsAt || (a.name < b.name ? -1 : 1))
    .slice(0, count);
}

/** The windows that should have begun by now, and may still begin: one that was slept through for too long is left out. */
export function dueWindows(
  windows: readonly MaintenanceWindow[],
  tasks: readonly string[],
  now: number,
): PlannedWindow[] {
  return windows.flatMap((window) => {
    const due = lastTime(window, now);
    if (due === undefined || now - due > window.within || now - due >= window.for) return [];
    return [plannedOf(window, due, tasks)];
  });
}

/**
 * What channels are to have heard by now of windows to come. Asked again it gives the same notices under the same keys; whoever
 * starts late tells the nearest of the times that have passed, and no other.
 */
export function windowNotices(
  windows: readonly MaintenanceWindow[],
  place: { service: string; environment: string; channels: readonly string[] },
  now: number,
): MaintenanceNotice[] {
  const { service, environment, channels } = place;
  return windows.flatMap((window) => {
    const [startsAt] = nextTimes(window, now, 1);
    if (startsAt === undefined) return [];
    const [nearest] = window.announce.filter((lead) => startsAt - lead <= now).sort((a, b) => a - b);
    if (nearest === undefined) return [];
    const key = `maintenance/${service}/${environment}/${window.name}/${startsAt}`;
    return channels.map(
      (channel): MaintenanceNotice => ({
        key: `${key}/${nearest}/${channel}`,
        service,
        environment,
        channel,
        text: `Maintenance of ${service} in ${environment} is planned for ${timeText(startsAt)}, for ${formatDuration(window.for)} at the most: ${window.because.replace(/[.\s]+$/, "")}.`,
        dueAt: now,
        thread: key,
        severity: "low",
        title: `Planned maintenance of ${service} in ${environment}`,
      }),
    );
  });
}
