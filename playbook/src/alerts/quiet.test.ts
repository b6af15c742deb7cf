import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { type Matcher, matches } from "./matchers.js";
import type { Silence } from "./model.js";
import { indexSilences, inForce, silencedBy } from "./quiet.js";

const now = 1_000_000;

describe("silences put in order", () => {
  it("are found as if each were held against the alert, whatever they ask for", () => {
    const word = fc.string({ unit: fc.constantFrom("a", "b", "*", "|"), maxLength: 5 });
    const matcher = fc.record({
      label: fc.constantFrom("rule", "monitor", "team"),
      operator: fc.constantFrom<Matcher["operator"]>("=", "!=", "=~", "!~"),
      value: word,
    });
    const asked = fc.record({
      matchers: fc.array(matcher, { minLength: 1, maxLength: 3 }),
      from: fc.integer({ min: -2, max: 2 }),
      ms: fc.integer({ min: 1, max: 4 }),
      ended: fc.boolean(),
    });
    const name = fc.string({ unit: fc.constantFrom("a", "b"), maxLength: 4 });
    fc.assert(
      fc.property(
        fc.array(asked, { maxLength: 8 }),
        fc.record({ rule: name, monitor: name }),
        (written, labels) => {
          const silences = written.map(
            ({ matchers, from, ms, ended }, i): Silence => ({
              id: `sil_${i}`,
              service: "shop",
              environment: "production",
              matchers,
              comment: "",
              source: { kind: "person", id: "ada" },
              startsAt: now + from,
              endsAt: now + from + ms,
              ...(ended ? { endedAt: now } : {}),
            }),
          );
          const all = silences.filter((one) => inForce(one, now) && matches(one.matchers, labels));
          const longest = Math.max(...all.map(({ endsAt }) => endsAt));
          const found = silencedBy(indexSilences(silences), labels, now);
          expect(found?.endsAt).toBe(all.length === 0 ? undefined : longest);
          if (found !== undefined) expect(all).toContain(found);
        },
      ),
      { numRuns: 500 },
    );
  });
});
