import fc from "fast-check";
import { expect, test } from "vitest";
import { linesOf } from "./lines.js";

async function* cutUp(bytes: Uint8Array, sizes: number[]) {
  let from = 0;
  for (const size of sizes) {
    yield bytes.subarray(from, from + size);
    from += size;
  }
  yield bytes.subarray(from);
}

test("lines are the same however the bytes are cut, even inside a character", async () => {
  const line = fc.string({ unit: "grapheme" }).filter((text) => !text.includes("\n") && text.trim() !== "");
  const sizes = fc.array(fc.integer({ min: 0, max: 7 }));
  await fc.assert(
    fc.asyncProperty(fc.array(line), sizes, fc.boolean(), async (lines, cuts, ended) => {
      const text = lines.join("\n") + (ended ? "\n" : "");
      const read: string[] = [];
      for await (const one of linesOf(cutUp(new TextEncoder().encode(text), cuts))) read.push(one);
      expect(read).toEqual(lines);
    }),
  );
});

test("a line without an end in sight is refused", async () => {
  async function* endless() {
    for (let at = 0; at < 40; at++) yield new Uint8Array(65_536).fill(97);
  }
  const read = async () => {
    for await (const _ of linesOf(endless()));
  };
  await expect(read()).rejects.toThrow("a line is longer");
});
