import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, it } from "vitest";
import type { ControlPlane } from "../control-plane.js";
import { openControlPlane } from "../open-control-plane.js";
import { placesOf } from "../places.js";
import { monitorHistory } from "./monitor-history.js";

const ada = { kind: "person", name: "ada", via: "cli" } as const;
const minute = 60_000;
let folder: string;
let plane: ControlPlane;
let playbook: string;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "atoms-history-"));
  playbook = join(folder, "playbook.yaml");
  await writeFile(
    playbook,
    "version: 1\nservice: { name: shop }\nmonitors:\n  - { kind: health }\n  - { kind: health, name: mirror }\n",
  );
  plane = await openControlPlane({ places: placesOf(folder), env: {}, kind: "background", print: () => {} });
  const { samples } = await plane.store();
  const { service, environment } = await plane.open({ playbook });
  const now = plane.clock.now();
  const sample = (monitor: string, ago: number, up: boolean, latency: number) => ({
    monitor,
    service,
    environment,
    at: now - ago * minute,
    outcome: up ? ("up" as const) : ("down" as const),
    values: { latency_ms: latency },
  });
  await samples.append([
    sample("health", 50, true, 10),
    sample("health", 20, true, 20),
    sample("health", 10, false, 40),
    sample("mirror", 10, true, 5),
  ]);
}, 240_000);
afterAll(async () => {
  await plane?.close();
  await rm(folder, { recursive: true, force: true });
});

const asked = (more: object) =>
  monitorHistory.run(plane, monitorHistory.input.parse({ playbook, ...more }), ada);

it("tells of every monitor how it stood, and of one what it measured", async () => {
  const all = await asked({ hours: 1, slices: 2 });
  expect(all).toMatchObject({ sliceMs: 30 * minute, metrics: [] });
  expect(
    all.up.map(({ monitor, slices }) => [monitor, slices.map(({ mean, looks }) => [mean, looks])]),
  ).toEqual([
    [
      "health",
      [
        [1, 1],
        [0.5, 2],
      ],
    ],
    ["mirror", [[1, 1]]],
  ]);
  const one = await asked({ monitor: "health", hours: 1, slices: 2 });
  expect(one.up).toHaveLength(1);
  expect(one.metrics).toMatchObject([
    { metric: "latency_ms", slices: [{ p50: 10 }, { p50: 20, p95: 40, low: 20, high: 40, looks: 2 }] },
  ]);
});

it("says which monitors there are when another is named", async () => {
  await expect(asked({ monitor: "nobody" })).rejects.toMatchObject({
    happened: expect.stringMatching(/nobody.*health.*mirror/s),
  });
});
