import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { nameResolver } from "./names.js";
import { clockAt } from "./testing/clock-at.js";
import { nameServer } from "./testing/name-server.js";

const names = nameResolver({ clock: clockAt() });
let server: Awaited<ReturnType<typeof nameServer>>;
beforeAll(async () => {
  server = await nameServer({
    "A shop.test": ["10.0.0.1", "10.0.0.2"],
    "AAAA shop.test": ["2001:db8::7"],
    "CNAME www.shop.test": ["shop.test"],
    "NS shop.test": ["ns1.shop.test"],
    "MX shop.test": ["10 mail.shop.test"],
    "TXT shop.test": ["v=spf1 -all"],
    "TXT www.shop.test": [],
    "A broken.test": 2,
    "A forbidden.test": 5,
    "A silent.test": "silence",
    "A odd.test": "nonsense",
  });
});
afterAll(() => server.close());

const ask = (name: string, record: "A" | "AAAA" | "CNAME" | "MX" | "NS" | "TXT" = "A", timeoutMs = 5_000) =>
  names.resolve({ name, record, server: server.address, timeoutMs });

describe("who asks name servers", () => {
  it.each([
    ["A", "shop.test", ["10.0.0.1", "10.0.0.2"]],
    ["AAAA", "shop.test", ["2001:db8::7"]],
    ["CNAME", "www.shop.test", ["shop.test"]],
    ["NS", "shop.test", ["ns1.shop.test"]],
    ["MX", "shop.test", ["10 mail.shop.test"]],
    ["TXT", "shop.test", ["v=spf1 -all"]],
  ] as const)("is told the %s of %s", async (record, name, records) => {
    const answer = await ask(name, record);
    expect(answer.found && [...answer.records].sort()).toEqual([...records].sort());
    expect(answer.ms).toBeGreaterThanOrEqual(0);
  });

  it.each([
    ["a name that does not exist", "none.test", "A", /no none\.test.*does not exist/],
    ["a record that the name has not", "www.shop.test", "TXT", /has no TXT record/],
    ["a server that failed", "broken.test", "A", /SERVFAIL/],
    ["a server that refuses", "forbidden.test", "A", /refuses/],
    ["silence", "silent.test", "A", /No name server said anything of silent\.test within 600 ms/],
    ["an answer that is none", "odd.test", "A", /within 600 ms|can be read/],
    ["no name at all", `${"a".repeat(70)}.test`, "A", /could not be asked|no name|does not exist/],
  ] as const)("says what came of %s", async (_, name, record, message) => {
    const answer = await ask(name, record, 600);
    expect(answer).toMatchObject({ found: false, message: expect.stringMatching(message) });
    expect(answer.ms).toBeLessThan(10_000);
  });

  it("says that nobody is there, or that nothing came", async () => {
    const answer = await names.resolve({
      name: "a.test",
      record: "A",
      server: "127.0.0.1:1",
      timeoutMs: 600,
    });
    expect(answer).toMatchObject({
      found: false,
      message: expect.stringMatching(/Nobody answers|within 600 ms/),
    });
  });

  it("lets itself be cancelled", async () => {
    const stop = new AbortController();
    const asked = { name: "silent.test", record: "A", server: server.address, timeoutMs: 30_000 } as const;
    const waiting = names.resolve(asked, stop.signal);
    stop.abort(new Error("enough"));
    expect(await waiting).toMatchObject({ found: false, message: "The look was cancelled." });
  });
});
