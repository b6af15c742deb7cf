import type { Ledger } from "@atoms/playbook";
import { beforeEach, describe, expect, it } from "vitest";
import { anEvent } from "./fixtures.contract.js";
import { places } from "./places.contract.js";

for (const place of places())
  describe(`a ledger somebody writes to by hand (${place.name})`, () => {
    let ledger: Ledger;
    const sql = (statement: string) => place.store().pool.query(statement);
    /** Runs statements as somebody who may switch the triggers off. */
    const tamper = (statements: string) =>
      sql(`set session_replication_role = replica; ${statements}; set session_replication_role = origin;`);

    beforeEach(async () => {
      await place.empty();
      ledger = place.store().ledger;
      await ledger.append(
        Array.from({ length: 6 }, (_, i) => anEvent({ key: `k${i + 1}`, data: { text: "a b", n: i + 0.5 } })),
      );
      expect((await ledger.verify()).intact).toBe(true);
    });

    it.each([
      "update atoms.ledger set kind = kind where seq = 3",
      "delete from atoms.ledger where seq = 3",
      "truncate atoms.ledger",
      "delete from atoms.ledger_head",
      "truncate atoms.ledger_head",
    ])("refuses: %s", async (statement) => {
      await expect(sql(statement)).rejects.toThrow("append-only");
      expect(await ledger.verify()).toMatchObject({ intact: true, entries: 6 });
    });

    it.each([
      ["key", "key = 'K4'"],
      ["kind", "kind = overlay(kind placing 'x' from 1)"],
      ["at", "at = at + 0.001"],
      ["actor", "actor = replace(actor, 'ada', 'adb')"],
      ["service", "service = 'shoq'"],
      ["environment", "environment = 'Production'"],
      ["release", "release = 'rel_2'"],
      ["release taken away", "release = null"],
      ["a number in data", "data = replace(data, '3.5', '3.6')"],
      ["a space in data", "data = replace(data, ',', ', ')"],
      [
        "one bit of the hash",
        "hash = overlay(hash placing case substr(hash, 9, 1) when '0' then '1' else '0' end from 9)",
      ],
      ["the previous hash", "previous = repeat('0', 64)"],
    ])("finds a change of %s", async (_, change) => {
      const { rowCount } = (await tamper(`update atoms.ledger set ${change} where seq = 4`)) as never;
      expect(rowCount).not.toBe(0);
      expect(await ledger.verify()).toMatchObject({ intact: false, entries: 6, brokenAt: 4 });
    });

    it.each([
      ["a missing entry", "delete from atoms.ledger where seq = 3", 3],
      ["a missing beginning", "delete from atoms.ledger where seq = 1", 1],
      ["a cut-off end", "delete from atoms.ledger where seq >= 5", 5],
      ["everything gone", "delete from atoms.ledger", 1],
      [
        "two entries in each other's place",
        "update atoms.ledger set seq = case seq when 2 then 5002 else 5005 end where seq in (2, 5); update atoms.ledger set seq = 5 where seq = 5002; update atoms.ledger set seq = 2 where seq = 5005",
        2,
      ],
      ["an end marked elsewhere", "update atoms.ledger_head set seq = 5", 6],
      ["another end", "update atoms.ledger_head set hash = repeat('a', 64)", 7],
      ["no mark of the end", "delete from atoms.ledger_head", 7],
      [
        "an entry added past the chain",
        "insert into atoms.ledger select 7, 'k7', kind, at, actor, service, environment, release, data, hash, previous from atoms.ledger where seq = 6",
        7,
      ],
    ])("finds %s", async (_, statements, brokenAt) => {
      await tamper(statements);
      const check = await ledger.verify();
      expect(check).toMatchObject({ intact: false, brokenAt });
      expect(check.intact || check.because).toMatch(/entry|end/);
      // For the next test, whose store this is too.
      await sql("insert into atoms.ledger_head (seq, hash) values (0, '') on conflict do nothing");
    });

    it("looks past the first page", async () => {
      await place.empty();
      for (let page = 0; page < 3; page++)
        await ledger.append(Array.from({ length: 4_000 }, (_, i) => anEvent({ key: `p${page}/${i}` })));
      expect(await ledger.verify()).toMatchObject({ intact: true, entries: 12_000 });
      await tamper("update atoms.ledger set service = 'shoP' where seq = 11999");
      expect(await ledger.verify()).toMatchObject({ intact: false, brokenAt: 11_999, entries: 12_000 });
    });
  });
