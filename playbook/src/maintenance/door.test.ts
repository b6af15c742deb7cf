import { describe, expect, it } from "vitest";
import { MaintenanceSettings, maintenanceMistakes, windowDoor } from "./settings.js";
import { doorOf, MaintenanceTask } from "./task-settings.js";

const task = (given: object) => MaintenanceTask.parse({ name: "a", ...given });
const vacuum = task({ kind: "vacuum", database: "main" });
const update = task({ kind: "dependencies" });
const quiet = task({ kind: "command", run: "true", door: "open" });
const strict = task({ kind: "dependencies", door: "closed" });

describe("the door", () => {
  it.each([
    { of: "no task: closing it is what it is for", tasks: [], hold: false, door: "closed" },
    { of: "a vacuum", tasks: [vacuum], hold: false, door: "closed" },
    { of: "an update of dependencies", tasks: [update], hold: false, door: "open" },
    { of: "one held after its tasks", tasks: [update], hold: true, door: "closed" },
    { of: "a command that leaves it open", tasks: [quiet, update], hold: false, door: "open" },
    { of: "one task among others that wants it closed", tasks: [quiet, vacuum], hold: false, door: "closed" },
    { of: "an update that wants it closed", tasks: [strict], hold: false, door: "closed" },
  ])("is $door for $of", ({ tasks, hold, door }) => {
    expect(doorOf(tasks, hold)).toBe(door);
  });

  it("needs a flag only for a window that closes it", () => {
    const mistakes = (tasks: object[], window: object = {}) => {
      const settings = MaintenanceSettings.parse({
        tasks,
        windows: [{ name: "night", at: "02:30", for: "1h", ...window }],
      });
      expect(windowDoor(settings.windows[0] as never, settings.tasks)).toMatch(/open|closed/);
      return maintenanceMistakes(settings, ["main"]).map(({ message }) => message);
    };
    const update = { name: "update", kind: "dependencies" };
    const index = { name: "index", kind: "command", run: "true" };
    expect(mistakes([update])).toEqual([]);
    expect(mistakes([update, index], { tasks: ["update"] })).toEqual([]);
    for (const closing of [mistakes([update, index]), mistakes([update], { hold: true }), mistakes([])])
      expect(closing).toEqual([expect.stringContaining("without maintenance.flag")]);
  });
});
