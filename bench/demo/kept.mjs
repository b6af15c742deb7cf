// Runs that are kept in a file, so that many short sittings add up. A file carries the settings that its runs were made
// with, and runs that were made otherwise are not mixed in.
import { existsSync, readFileSync, renameSync, writeFileSync } from "node:fs";

const format = "atoms-demo-runs/1";

/**
 * Opens a file of runs, or begins one.
 * @param {string | undefined} path Nothing is kept when left out.
 * @param {object} settings All that makes two runs comparable.
 * @throws When the file is none of these, or holds runs of other settings.
 */
export function openKept(path, settings) {
  let runs = [];
  if (path !== undefined && existsSync(path)) {
    let held;
    try {
      held = JSON.parse(readFileSync(path, "utf8"));
    } catch {
      held = undefined;
    }
    if (held?.format !== format || !Array.isArray(held.runs))
      throw new Error(`${path} holds no runs of this benchmark; nothing was run. Name another file.`);
    const other = differences(held.settings ?? {}, settings);
    if (other.length > 0)
      throw new Error(
        `${path} holds runs of other settings (${other.join("; ")}); nothing was run. Name another file.`,
      );
    runs = held.runs;
  }
  return {
    runs,
    /** Adds a run, and writes the file whole: whoever stops the benchmark loses none that ended. */
    add(run) {
      runs.push(run);
      if (path === undefined) return;
      writeFileSync(`${path}.tmp`, `${JSON.stringify({ format, settings, runs }, null, 1)}\n`);
      renameSync(`${path}.tmp`, path);
    },
  };
}

function differences(was, is) {
  const names = [...new Set([...Object.keys(was), ...Object.keys(is)])];
  return names
    .filter((name) => JSON.stringify(was[name]) !== JSON.stringify(is[name]))
    .map((name) => `${name}: ${shortly(was[name])} there, ${shortly(is[name])} here`);
}

const shortly = (value) => {
  const text = JSON.stringify(value) ?? "nothing";
  return text.length > 60 ? `${text.slice(0, 59)}…` : text;
};
