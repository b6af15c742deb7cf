import { describe, expect, it } from "vitest";
import type { HttpResult } from "../terms/index.js";
import { judgeDoor } from "./judge.js";

const words = { field: "maintenance", status: "status", words: ["healthy", "ok"] };
const json = (status: number, body: unknown): HttpResult => ({
  answered: true,
  status,
  headers: {},
  body: typeof body === "string" ? body : JSON.stringify(body),
  ms: 1,
  firstByteMs: 1,
});
const none: HttpResult = { answered: false, why: "refused", message: "The connection was refused.", ms: 1 };

describe("what a host says of its door", () => {
  it.each<[string, HttpResult, string, boolean]>([
    ["open and well", json(200, { status: "healthy", maintenance: false }), "open", true],
    ["closed and well behind it", json(200, { status: "maintenance", maintenance: true }), "closed", true],
    ["closed, healthy by its word", json(200, { status: "OK", maintenance: true }), "closed", true],
    ["closed and sick", json(503, { status: "unhealthy", maintenance: true }), "closed", false],
    [
      "closed, with a status that is not well",
      json(200, { status: "degraded", maintenance: true }),
      "closed",
      false,
    ],
    ["open and sick", json(200, { status: "unhealthy", maintenance: false }), "open", false],
    ["one that says maintenance and is open", json(200, { status: "maintenance" }), "open", false],
    ["a service that does not know the word", json(200, { status: "healthy" }), "open", true],
    ["a wall of HTML", json(503, "<html>sorry</html>"), "unknown", false],
    ["a list", json(200, "[1]"), "open", false],
    ["no answer", none, "unknown", false],
    ["a number where a truth is meant", json(200, { status: "healthy", maintenance: 1 }), "open", true],
  ])("%s", (_, result, door, well) => {
    expect(judgeDoor("http://a", result, words)).toMatchObject({ host: "http://a", door, well });
  });

  it("is read wherever the playbook says, as a truth or as a word", () => {
    const inside = { ...words, field: "state.mode" };
    expect(judgeDoor("h", json(200, { state: { mode: "Maintenance" } }), inside).door).toBe("closed");
    expect(judgeDoor("h", json(200, { state: { mode: "normal" } }), inside).door).toBe("open");
    expect(judgeDoor("h", json(200, { state: "maintenance" }), inside).door).toBe("open");
  });

  it("goes by the status alone where the playbook has no words for well", () => {
    const any = { ...words, words: [] };
    expect(judgeDoor("h", json(204, ""), any)).toMatchObject({ door: "unknown", well: true });
    expect(judgeDoor("h", json(500, { status: "healthy" }), any).well).toBe(false);
  });
});
