import { chmod, mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import os from "node:os";
import path from "node:path";
import { afterAll, beforeAll, expect, it } from "vitest";
import { loadPlaybook } from "./load.js";

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(path.join(os.tmpdir(), "atoms-playbook-"));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

const load = (name: string) => loadPlaybook({ path: path.join(folder, name), env: {} });

it("reads a file", async () => {
  await writeFile(path.join(folder, "playbook.yaml"), "version: 1\nservice: { name: shop }\n");
  expect((await load("playbook.yaml")).settings.service.name).toBe("shop");
});

it("says that there is none, and how to get one", async () => {
  await expect(load("none.yaml")).rejects.toMatchObject({
    code: "ATM-102",
    fix: expect.stringContaining("atoms init"),
  });
  await expect(load("playbook.yaml/none.yaml")).rejects.toMatchObject({ code: "ATM-102" });
});

it.each([
  ["a folder", "it is a folder", (file: string) => mkdir(file)],
  ["not text", "not text in UTF-8", (file: string) => writeFile(file, Buffer.from([0xff, 0xfe, 0x00, 0xd8]))],
  ["far too large", "1048577 bytes", (file: string) => writeFile(file, "#".repeat(1_048_577))],
])("says why it can't be read: %s", async (name, because, make) => {
  await make(path.join(folder, name));
  await expect(load(name)).rejects.toMatchObject({
    code: "ATM-103",
    happened: expect.stringContaining(because),
  });
});

// The super-user may read everything, so there the file is read; anybody else is refused.
it("says when it may not be read", async () => {
  const file = path.join(folder, "closed.yaml");
  await writeFile(file, "version: 1\nservice: { name: shop }\n");
  await chmod(file, 0);
  if (process.getuid?.() === 0) expect((await load("closed.yaml")).settings.service.name).toBe("shop");
  else
    await expect(load("closed.yaml")).rejects.toMatchObject({
      code: "ATM-103",
      happened: expect.stringContaining("permission"),
    });
});
