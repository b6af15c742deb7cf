import { createEmulator, type Emulator } from "emulate";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { comment, fitting } from "./comment.js";

const token = "test_token_admin";
let emulator: Emulator;
let number: number;

/** What GitHub tells of an issue, or of each comment on one. */
type Told = { number: number } & { body: string }[];

async function github(method: string, path: string, body?: object) {
  const response = await fetch(`${emulator.url}${path}`, {
    method,
    headers: { authorization: `Bearer ${token}`, "content-type": "application/json" },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  });
  return (await response.json()) as Told;
}

beforeAll(async () => {
  emulator = await createEmulator({
    service: "github",
    seed: {
      tokens: { [token]: { login: "octo", scopes: ["repo"] } },
      github: { users: [{ login: "octo" }], repos: [{ owner: "octo", name: "shop" }] },
    },
  });
  ({ number } = await github("POST", "/repos/octo/shop/issues", { title: "a change" }));
});
afterAll(() => emulator.close());

const place = () => ({ owner: "octo", repo: "shop", number, about: "plan ." });
const comments = () => github("GET", `/repos/octo/shop/issues/${number}/comments?per_page=100&page=2`);

describe("a comment on a pull request", () => {
  it("is written once, and then anew in its place", async () => {
    const asked = { token, api: emulator.url };
    // Its own comment is found on the second page of a hundred as well.
    for (let i = 0; i < 101; i++)
      await github("POST", `/repos/octo/shop/issues/${number}/comments`, { body: `chatter ${i}` });
    const first = await comment(place(), "## first", asked);
    expect(first).toHaveProperty("url");
    expect(await comment(place(), "## second", asked)).toEqual(first);
    await comment({ ...place(), about: "release ." }, "## released", asked);
    const own = (await comments()).map((one) => one.body).filter((body) => !body.startsWith("chatter"));
    expect(own).toEqual(["<!-- atoms: plan . -->\n## second", "<!-- atoms: release . -->\n## released"]);
  });

  it("says why it could not be written, and what the job needs", async () => {
    const because = await comment({ ...place(), repo: "other" }, "## text", { token, api: emulator.url });
    expect(because).toEqual({ because: expect.stringMatching(/404.*pull-requests: write/) });
  });

  it("is cut at a line where GitHub would refuse it", () => {
    const long = `${"a line\n".repeat(20_000)}`;
    const body = fitting(long);
    expect(body.length).toBeLessThanOrEqual(65_536);
    expect(body).toMatch(/a line\n\n\*Cut here/);
    expect(fitting("short")).toBe("short");
    expect(fitting("x".repeat(70_000)).length).toBeLessThanOrEqual(65_536);
  });
});
