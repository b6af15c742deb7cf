import { createHash } from "node:crypto";
import { isProblem, type Problem, type SourceSnapshot } from "@atoms/playbook";
import { afterEach, beforeEach } from "vitest";
import type { VercelPlatformOptions } from "../platform/settings.js";
import { type VercelPlatform, vercelPlatform } from "../platform.js";
import { clockAt } from "./clock-at.js";
import { type TinyVercel, tinyVercel } from "./tiny-vercel.js";

/** The server of the running test. */
export let tiny: TinyVercel;
let open: VercelPlatform[] = [];
/** Gives every test of the file a server of its own, and closes what it opened. */
export function withTinyVercel(): void {
  beforeEach(async () => {
    tiny = await tinyVercel();
  });
  afterEach(async () => {
    await Promise.all(open.map((one) => one.close()));
    open = [];
    await tiny.close();
  });
}

/** A platform whose waits pass twenty times as fast as they say. */
export function platformOf(options: Partial<VercelPlatformOptions> = {}): VercelPlatform {
  const platform = vercelPlatform({
    name: "vercel",
    api: tiny.url,
    token: tiny.token,
    team: "tiny",
    project: "shop",
    clock: clockAt(20),
    random: () => 0.5,
    ...options,
  });
  open.push(platform);
  return platform;
}

const contents = new Map([
  ["package.json", '{"name":"shop"}'],
  ["index.js", "export default 1"],
  ["copy.js", "export default 1"],
]);
/** Three files, two of the same bytes. */
export const source: SourceSnapshot = {
  digest: "whole",
  files: [...contents].map(([path, text]) => ({
    path,
    sha1: createHash("sha1").update(text).digest("hex"),
    size: text.length,
    mode: 0o100644,
  })),
};
/** What a release asks of `createDeployment`. */
export const order = (release: string) => ({
  release,
  version: "1.2.3",
  source,
  variables: { LEVEL: "debug", ATOMS_VERSION: "not this one" },
  read: async (file: { path: string }) => Buffer.from(contents.get(file.path) ?? ""),
});

/** The problem that some work must end with. */
export async function problemOf(work: Promise<unknown>): Promise<Problem> {
  const error = await work.then(
    (value) => new Error(`it went well: ${JSON.stringify(value)}`),
    (thrown: unknown) => thrown,
  );
  if (isProblem(error)) return error;
  throw error;
}

/** How many requests matched. */
export const asked = (pattern: RegExp) => tiny.requests.filter((one) => pattern.test(one.line)).length;

/** A project with two deployments, the first of which serves production. */
export async function twoDeployments(platform: VercelPlatform): Promise<[string, string]> {
  await platform.ensureProject();
  const first = await platform.createDeployment(order("one"));
  const second = await platform.createDeployment(order("two"));
  await platform.promote(first.id);
  return [first.id, second.id];
}
