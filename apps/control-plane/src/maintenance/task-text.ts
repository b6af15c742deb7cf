import { extentOf, extentText, type MaintenanceTask, type PlaybookSettings } from "@atoms/playbook";

/** What a task does, in one line. */
export function taskText(task: MaintenanceTask, { maintenance }: PlaybookSettings): string {
  switch (task.kind) {
    case "vacuum":
      return `VACUUM (ANALYZE) of every table of ${task.database}`;
    case "cache": {
      const cache = maintenance.caches[task.cache];
      return cache === undefined
        ? `clears ${task.cache}`
        : `clears ${extentText(extentOf(cache))} of ${placeOf(cache.url)}`;
    }
    case "dependencies":
      return `updates ${task.only?.join(", ") ?? "dependencies"} on a branch${task.push ? `, pushed to ${task.remote},` : ""} if \`${task.tests}\` passes`;
    case "command":
      return `runs ${task.run.split("\n", 1)[0]}`;
  }
}

/** Host, port and number of the database. */
function placeOf(url: string): string {
  const { host, pathname } = new URL(url);
  return `${host}${pathname === "" || pathname === "/" ? "/0" : pathname}`;
}
