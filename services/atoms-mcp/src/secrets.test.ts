import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { expect, it } from "vitest";

const ROOT = fileURLToPath(new URL("..", import.meta.url));
const SKIP = new Set(["node_modules", "dist", "deploy"]);

/** What keys that work somewhere look like. */
const KEYS = {
  "a WorkOS key": /\bsk_(live|test)_[A-Za-z0-9]{16,}/,
  "a signed token": /\beyJ[A-Za-z0-9_-]{15,}\.eyJ[A-Za-z0-9_-]{15,}\.[A-Za-z0-9_-]{15,}/,
  "a private key": /-----BEGIN [A-Z ]*PRIVATE KEY-----/,
  "a Supabase key": /\bsb_(secret|publishable)_[A-Za-z0-9_]{16,}/,
  "an AWS key": /\bAKIA[0-9A-Z]{16}\b/,
  "a database password": /postgres(ql)?:\/\/[^\s:"'`]+:(?!hunter2|p@|secret@)[^\s@"'`$]{3,}@/,
};

it("no file of this service holds a key that could work somewhere", async () => {
  const found: string[] = [];
  let files = 0;
  const look = async (folder: string): Promise<void> => {
    for (const entry of await readdir(folder, { withFileTypes: true })) {
      const path = join(folder, entry.name);
      if (entry.isDirectory() && !SKIP.has(entry.name)) await look(path);
      if (!entry.isFile()) continue;
      files += 1;
      const text = await readFile(path, "utf8");
      for (const [what, pattern] of Object.entries(KEYS))
        if (pattern.test(text)) found.push(`${path}: ${what}`);
    }
  };
  await look(ROOT);
  expect(files).toBeGreaterThan(50);
  expect(found).toEqual([]);
});

it("the scan finds what it looks for", () => {
  const key = `sk_live_${"a1".repeat(10)}`;
  expect(KEYS["a WorkOS key"].test(key)).toBe(true);
  expect(KEYS["a database password"].test(`postgres://atoms:${"pass".repeat(2)}@db.example/x`)).toBe(true);
});
