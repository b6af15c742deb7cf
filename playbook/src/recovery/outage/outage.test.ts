import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { Problem } from "../../terms/index.js";
import {
  chooseOutageWay,
  type DnsRecord,
  judgeOutage,
  type OutageFacts,
  type OutageLook,
  OutageSettings,
  plainRecord,
  sameRecords,
  standingMove,
} from "./index.js";
import { outageMistakes } from "./settings.js";

const look = (what: OutageLook["what"], answer: OutageLook["answer"]): OutageLook => ({
  what,
  url: `https://${what}`,
  asked: 3,
  well: answer === "well" ? 3 : 0,
  answer,
  saw: answer,
  ...(what === "earlier" ? { deployment: "dpl_0" } : {}),
});
const facts = (platform: boolean, ...looks: OutageLook[]): OutageFacts => ({
  platform: platform ? { answers: true, deployment: "dpl_1" } : { answers: false, because: "no answer" },
  looks,
});

describe("the judgement of an outage", () => {
  const cases: [string, OutageFacts, string][] = [
    ["users are served", facts(true, look("public", "well"), look("deployment", "well")), "well"],
    [
      "users are served although the platform's interface is away",
      facts(false, look("public", "well")),
      "well",
    ],
    ["the name leads elsewhere", facts(true, look("public", "silent"), look("deployment", "well")), "name"],
    [
      "one of several hosts is not there",
      facts(true, look("public", "well"), look("host", "edge"), look("deployment", "well")),
      "name",
    ],
    [
      "one of before answers well",
      facts(true, look("public", "edge"), look("deployment", "edge"), look("earlier", "well")),
      "deployment",
    ],
    [
      "the same while the interface is away",
      facts(false, look("public", "edge"), look("deployment", "edge"), look("earlier", "well")),
      "deployment",
    ],
    [
      "the service says itself that it is ill",
      facts(true, look("public", "sick"), look("deployment", "sick")),
      "deployment",
    ],
    [
      "nothing runs there",
      facts(true, look("public", "edge"), look("deployment", "silent"), look("earlier", "edge")),
      "region",
    ],
    [
      "nothing is there at all",
      facts(false, look("public", "silent"), look("deployment", "silent")),
      "platform",
    ],
    ["nobody knows an address", facts(false), "platform"],
    [
      "a standby is well, which says nothing of the rest",
      facts(false, look("public", "silent"), look("standby", "well")),
      "platform",
    ],
  ];
  it.each(cases)("%s", (_, seen, is) => {
    const verdict = judgeOutage(seen);
    expect(verdict.is).toBe(is);
    expect(verdict.because).toMatch(/\.$/);
    const means = { regions: [], standby: true };
    const way = chooseOutageWay(verdict, seen, means);
    const moves = is === "region" || is === "platform";
    expect(way instanceof Problem ? way.code : way.way).toBe(
      moves ? "standby" : { well: "ATM-860", deployment: "ATM-861", name: "ATM-862" }[is],
    );
    // A person may know better; but not where there is nowhere to go.
    expect(chooseOutageWay(verdict, seen, means, { way: "standby" })).toEqual({ way: "standby" });
    expect(chooseOutageWay(verdict, seen, { ...means, standby: false }, { way: "standby" })).toMatchObject({
      code: "ATM-863",
    });
  });
});

describe("the region that is moved to", () => {
  const out = (...regions: string[]): OutageFacts => ({
    ...facts(true, look("public", "edge"), look("deployment", "edge")),
    platform: { answers: true, deployment: "dpl_1", regions },
  });
  const means = { regions: ["fra1", "lhr1"], standby: true };
  const chosen = (seen: OutageFacts, asked?: Parameters<typeof chooseOutageWay>[3], of = means) => {
    const way = chooseOutageWay(judgeOutage(seen), seen, of, asked);
    return way instanceof Problem ? way.code : way.way === "regions" ? way.region : way.way;
  };
  it("is the first that it does not run in, else there is the standby", () => {
    expect(chosen(out("iad1"))).toBe("fra1");
    expect(chosen(out("fra1"))).toBe("lhr1");
    expect(chosen(out("fra1", "lhr1"))).toBe("standby");
    expect(chosen(out("fra1"), {}, { regions: ["fra1"], standby: false })).toBe("ATM-863");
  });
  it("is what a person names, unless it runs there or nothing can be deployed", () => {
    expect(chosen(out("fra1"), { way: "regions", region: "sin1" })).toBe("sin1");
    expect(chosen(out("fra1"), { way: "regions", region: "fra1" })).toBe("ATM-721");
    expect(chosen(out("fra1"), { way: "standby" })).toBe("standby");
    const away = facts(false, look("public", "silent"));
    expect(chosen(away)).toBe("standby");
    expect(chosen(away, { way: "regions" })).toBe("ATM-721");
    expect(chosen(away, { way: "regions" }, { regions: [], standby: true })).toBe("ATM-863");
  });
});

describe("the move that stands", () => {
  const was: DnsRecord[] = [{ type: "A", value: "192.0.2.1", ttl: 300 }];
  const to: DnsRecord[] = [{ type: "A", value: "192.0.2.2", ttl: 60 }];
  const moving = (release: string) => ({
    kind: "outage.moving",
    release,
    data: { of: "records", name: "x", was, to },
  });
  const returned = (of: string) => ({ kind: "outage.returned", release: `back of ${of}`, data: { of } });
  it("is the newest that was not taken back", () => {
    expect(standingMove([])).toBeUndefined();
    expect(standingMove([moving("a")])).toEqual({ release: "a", of: "records", name: "x", was, to });
    expect(standingMove([moving("a"), returned("a")])).toBeUndefined();
    expect(standingMove([moving("a"), returned("a"), moving("b")])?.release).toBe("b");
  });
});

describe("records", () => {
  const record = fc.oneof(
    fc.ipV4().map((value): DnsRecord => ({ type: "A", value, ttl: 1 })),
    fc.ipV6().map((value): DnsRecord => ({ type: "AAAA", value, ttl: 1 })),
    fc.domain().map((value): DnsRecord => ({ type: "CNAME", value, ttl: 1 })),
  );
  it("are the same in any order, however they are written and however long they are remembered", () => {
    fc.assert(
      fc.property(fc.array(record, { maxLength: 6 }), fc.nat(), (records, ttl) => {
        const other = records
          .toReversed()
          .map(({ type, value }) => ({ type, value: type === "A" ? value : value.toUpperCase(), ttl }));
        expect(sameRecords(records, other)).toBe(true);
        expect(records.map(plainRecord).map(plainRecord)).toEqual(records.map(plainRecord));
      }),
    );
  });
  it("differ when one of them does, or goes through the provider", () => {
    fc.assert(
      fc.property(
        fc.uniqueArray(record, {
          minLength: 1,
          maxLength: 6,
          selector: ({ type, value }) => `${type}${plainRecord({ type, value }).value}`,
        }),
        (records) => {
          expect(sameRecords(records, records.slice(1))).toBe(false);
          expect(
            sameRecords(
              records,
              records.map((one) => ({ ...one, proxied: true })),
            ),
          ).toBe(false);
        },
      ),
    );
  });
});

describe("the settings of outages", () => {
  const dns = {
    kind: "rfc2136",
    name: "app.example.com",
    zone: "example.com",
    server: "192.0.2.53",
    key: { name: "k", secret: "c2VjcmV0" },
  };
  const standby = { url: "https://standby.example.net", records: [{ type: "A", value: "192.0.2.7" }] };
  it.each([
    [{ dns, standby }, []],
    [{ standby }, ["dns"]],
    [{ dns: { ...dns, name: "app.example.org" }, standby }, ["dns.name"]],
    [
      { dns, standby: { ...standby, records: [{ type: "A", value: "300.0.2.7" }] } },
      ["standby.records.0.value"],
    ],
    [
      {
        dns,
        standby: {
          ...standby,
          records: [
            { type: "CNAME", value: "a.example.net" },
            { type: "A", value: "192.0.2.7" },
          ],
        },
      },
      ["standby.records"],
    ],
  ])("%j has mistakes at %j", (given, places) => {
    const found = outageMistakes(OutageSettings.parse(given)).map(({ path }) => path.slice(2).join("."));
    expect(found).toEqual(places);
  });
});
