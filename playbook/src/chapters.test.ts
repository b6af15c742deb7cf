import { existsSync, readdirSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { chapters } from "./chapters.js";

const book = new URL("./", import.meta.url);
/** Folders that are no chapters: the shared words, the mathematics, what it is fed with, and what is told afterwards. */
const shelves = ["terms", "statistics", "measurement", "report"];
/** The order of the design. Chapters that are not written yet are simply not there. */
const order = [
  "preflight",
  "backup",
  "communication",
  "gates",
  "strategies",
  "validation",
  "rollback",
  "groups",
  "builds",
  "monitoring",
  "alerts",
  "on-call",
  "incidents",
  "maintenance",
  "status-page",
  "emergency",
  "recovery",
];

describe("the table of contents", () => {
  const folders = readdirSync(book, { withFileTypes: true })
    .filter((entry) => entry.isDirectory() && !shelves.includes(entry.name))
    .map((entry) => entry.name);

  it("lists every chapter there is, and no other", () => {
    expect(chapters.map((c) => c.folder).toSorted()).toEqual(folders.toSorted());
  });

  it("lists them in the order of the design", () => {
    expect(chapters.map((c) => c.folder)).toEqual(order.filter((name) => folders.includes(name)));
  });

  it.each(chapters)("$title has its README, its door, and a question", ({ folder, question }) => {
    expect(existsSync(new URL(`${folder}/README.md`, book))).toBe(true);
    expect(existsSync(new URL(`${folder}/index.ts`, book))).toBe(true);
    expect(question).toMatch(/\?$/);
  });
});
