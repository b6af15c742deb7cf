import { realpath } from "node:fs/promises";
import { isAbsolute, relative } from "node:path";
import type { PlatformName } from "@atoms/playbook";
import type { ControlPlane, PlaybookRef } from "../control-plane.js";
import { pathNotYours } from "../problems.js";

type Input = Readonly<Record<string, unknown>>;

/**
 * Binds a request to the control plane's own playbook and folder: whoever is not its owner must not have it read or ship
 * other files of the machine.
 * @throws ATM-943
 */
export async function bound(plane: ControlPlane, own: PlaybookRef, given: Input): Promise<Input> {
  const { playbook, source, group, keys, into } = given;
  if (playbook !== undefined && playbook !== own.playbook) throw pathNotYours({ what: "a playbook" });
  if (into !== undefined) throw pathNotYours({ what: "another database" });
  const files = Array.isArray(keys) ? keys.map((key): [string, unknown] => ["key", key]) : [];
  for (const [what, path] of [...Object.entries({ source, group }), ...files])
    if (path !== undefined && !(await within(plane.places.root, path)))
      throw pathNotYours({ what: `a ${what}` });
  return given;
}

/** Whether a path leads into a folder, links followed. */
async function within(folder: string, path: unknown): Promise<boolean> {
  if (typeof path !== "string" || !isAbsolute(path)) return false;
  try {
    const way = relative(await realpath(folder), await realpath(path));
    return way !== ".." && !way.startsWith("../") && !isAbsolute(way);
  } catch {
    return false;
  }
}

/**
 * The environments that a request touches, by what it names: each of its members that names a thing of an environment
 * counts.
 * @returns undefined when it names none, or something that is not there: it may then be about any of them.
 */
export async function environmentsOf(plane: ControlPlane, input: Input): Promise<string[] | undefined> {
  const found: (string | undefined)[] = [];
  const store = await plane.store();
  for (const [member, value] of Object.entries(input)) {
    // Who is let in somewhere: nobody may give more than they have.
    if (member === "in" && Array.isArray(value)) found.push(...value.map(placeOf));
    if (typeof value !== "string") continue;
    if (member === "playbook") {
      const platform = input["platform"] as PlatformName | undefined;
      found.push((await plane.open({ playbook: value, platform })).environment);
    }
    if (member === "environment") found.push(value);
    if (member === "group") found.push(undefined);
    if (member === "release") found.push((await store.releases.get(value))?.environment);
    if (member === "page") found.push((await store.onCall.page(value))?.environment);
    if (member === "silence") found.push((await store.alerts.getSilence(value))?.environment);
    if (member === "token") {
      const tokens = await store.access.list({ kind: "token", limit: 1_000 });
      const meant = tokens.filter(({ id, name }) => id === value || name === value);
      found.push(
        ...(meant.length === 0 ? [undefined] : meant.flatMap((one) => one.environments.map(placeOf))),
      );
    }
    if (member === "alert") {
      // With a playbook it may also be a rule, of that playbook.
      const alert = await store.alerts.get(value);
      if (alert !== undefined || input["playbook"] === undefined) found.push(alert?.environment);
    }
  }
  if (found.length === 0 || found.includes(undefined)) return undefined;
  return [...new Set(found as string[])];
}

const placeOf = (environment: string) => (environment === "*" ? undefined : environment);
