import { dirname, join, resolve } from "node:path";
import {
  atomsItself,
  type DependencyChange,
  dependencyChanges,
  dependencyChangeText,
  formatDuration,
  type Json,
  maintenanceEvent,
  updateFailsTests,
  updateMessage,
  updateNotPushed,
} from "@atoms/playbook";
import { runCommand } from "../../../workspace/index.js";
import type { TaskWork } from "../task.js";
import { howItEnded, installLocked, lockedIn, lockfileOf, updateLockfile, variablesFor } from "./npm.js";
import { branchFor, commitAs, inWorkTree, type Repository, repositoryOf } from "./repository.js";

type Input = Parameters<TaskWork<"dependencies">>[0];

const pushMs = 120_000;
/** Lines of a failed test that are shown with it; more of them are in the ledger. */
const shownLines = 3;
const keptLines = 30;

/**
 * Updates dependencies in a work tree of its own, and makes a branch of it when the tests pass. May be run again: of one
 * commit there is one branch a day, and what a killed process left is removed.
 */
export const runDependenciesTask: TaskWork<"dependencies"> = async (input) => {
  const { plane, open, task, order, say, signal } = input;
  const folder =
    task.folder === undefined ? open.sourceFolder : resolve(dirname(order.playbook.path), task.folder);
  const repository = await repositoryOf(folder, task.base, plane.env, signal);
  const { branch, made } = await branchFor(repository, plane.clock.now(), signal);
  if (made !== undefined) {
    await push(input, repository, branch, made);
    return `${branch} was made of this commit before${task.push ? `, and is on ${task.remote}` : ""}`;
  }
  return inWorkTree(repository, signal, async (tree) => {
    const at = join(tree, repository.inside);
    const { root, lockfile } = await lockfileOf(tree, at.replace(/\/$/, ""));
    const env = variablesFor(plane.env, task.variables);
    const npm = { env, signal, timeoutMs: input.timeoutMs, redact: open.secrets.redact };
    const before = await lockedIn(lockfile);
    say("looks for newer versions");
    await updateLockfile(root, task, npm);
    const changes = dependencyChanges(before, await lockedIn(lockfile));
    if (changes.length === 0) return "nothing to update: every package is at the newest version it may have";
    say(`installs ${countText(changes)}`);
    await installLocked(root, npm);
    await test(input, at, env, changes);
    const message = updateMessage(changes, task.tests);
    const commit = await commitAs(repository, tree, { branch, message, env: plane.env, signal });
    await note(input, changes, { tests: "passed", branch, commit, base: repository.base });
    await push(input, repository, branch, commit);
    return `${branch}: ${inShort(changes)}; the tests pass${task.push ? `; pushed to ${task.remote}` : ""}`;
  });
};

async function test(
  input: Input,
  folder: string,
  env: Record<string, string | undefined>,
  changes: readonly DependencyChange[],
): Promise<void> {
  const { open, task, say, signal } = input;
  say(`tests ${countText(changes)}`);
  const ended = await runCommand(task.tests, {
    cwd: folder,
    env: { ...env, CI: env["CI"] ?? "true" },
    timeoutMs: Math.min(task.tests_within, input.timeoutMs),
    signal,
    redact: open.secrets.redact,
    onLine: (line) => say(`tests: ${line.slice(0, 100)}`),
  });
  signal.throwIfAborted();
  if (ended.exit === 0) return;
  const because = ended.timedOut
    ? `did not end within ${formatDuration(task.tests_within)}`
    : howItEnded(ended);
  const lines = ended.lastLines.filter((line) => line.trim() !== "");
  await note(input, changes, { tests: "failed", because, end: lines.slice(-keptLines) });
  const end = lines.slice(-shownLines).map((line) => line.trim().slice(0, 200));
  throw updateFailsTests({ tests: task.tests, because, changes: inShort(changes), end });
}

async function push(input: Input, { git }: Repository, branch: string, commit: string): Promise<void> {
  const { task, say, signal } = input;
  if (!task.push) return;
  say(`pushes ${branch}`);
  const to = ["push", "--quiet", "--", task.remote, `${commit}:refs/heads/${branch}`];
  const pushed = await git(to, { signal, timeoutMs: pushMs });
  if (!pushed.ok) throw updateNotPushed({ branch, remote: task.remote, because: pushed.because });
}

async function note(
  { plane, order, task }: Input,
  changes: readonly DependencyChange[],
  more: { [key: string]: Json },
): Promise<void> {
  const { ledger } = await plane.store();
  const data = { task: task.name, changes: [...changes], ...more };
  const at = plane.clock.now();
  await ledger.append([
    maintenanceEvent(order, "maintenance.dependencies", at, atomsItself, data, task.name),
  ]);
}

const countText = ({ length }: readonly DependencyChange[]) =>
  `${length} ${length === 1 ? "package" : "packages"}`;

const inShort = (changes: readonly DependencyChange[]): string => {
  const shown = changes.slice(0, 3).map(dependencyChangeText);
  const rest = changes.length - shown.length;
  return rest === 0 ? shown.join(", ") : `${shown.join(", ")} and ${rest} more`;
};
