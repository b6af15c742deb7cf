import fc from "fast-check";
import { expect, it } from "vitest";
import type { RequestRecord } from "./model.js";
import { idOfLine, requestLine } from "./request-line.js";

const word = fc.stringMatching(/^[\w.:-]{1,30}$/);
const anything = fc.string({ unit: "binary" });
const orNull = <T>(values: fc.Arbitrary<T>) => fc.option(values, { nil: null });

const records: fc.Arbitrary<RequestRecord> = fc.record({
  id: word,
  at: fc.nat(2 ** 42),
  projectId: word,
  deploymentId: word,
  target: fc.constantFrom("production", "staging", null),
  branch: orNull(anything),
  method: anything,
  host: anything,
  path: anything,
  status: fc.nat(599),
  runtimeStatus: fc.integer({ min: -1, max: 599 }),
  error: orNull(word),
  durationMs: fc.double({ min: 0, max: 1e9, noNaN: true }).map((ms) => Math.round(ms * 1000) / 1000),
  bytesOut: fc.nat(2 ** 40),
  clientIp: fc.oneof(fc.ipV4(), fc.ipV6()),
  userAgent: anything,
  referer: orNull(anything),
  traceId: word,
  spanId: word,
  parentSpanId: orNull(word),
  instance: orNull(word),
});

it("a line of a request is what JSON.stringify makes of it, whatever a visitor sent", () => {
  fc.assert(
    fc.property(records, (record) => {
      const line = requestLine(record);
      expect(JSON.parse(line)).toEqual(JSON.parse(JSON.stringify(record)));
      expect(Object.keys(JSON.parse(line)).toSorted()).toEqual(Object.keys(record).toSorted());
      expect(line).not.toContain("\n");
      expect(idOfLine(line)).toBe(record.id);
    }),
  );
});
