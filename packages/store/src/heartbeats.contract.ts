import type { HeartbeatStore } from "@atoms/playbook";
import { beforeEach, describe, expect, it } from "vitest";
import { noon } from "./fixtures.contract.js";

/** Holds signs of life to the words of their port. */
export function heartbeatsContract(name: string, fresh: () => Promise<HeartbeatStore>): void {
  describe(`signs of life (${name})`, () => {
    let beats: HeartbeatStore;
    beforeEach(async () => {
      beats = await fresh();
    });
    const backup = { service: "shop", environment: "production", monitor: "backup" };
    const deaf = 100_000;

    it("are unknown until somebody looks or beats", async () => {
      expect(await beats.peek(backup)).toBeUndefined();
      await beats.beat(backup, noon, true);
      expect(await beats.peek(backup)).toEqual({ listeningSince: noon, last: { at: noon, ok: true } });
      expect(await beats.peek({ ...backup, environment: "preview" })).toBeUndefined();
    });

    it("are listened for since the first look, and what was there before stays", async () => {
      await beats.beat(backup, noon - 5_000, false, "disk full");
      const last = { at: noon - 5_000, ok: false, message: "disk full" };
      expect(await beats.listen(backup, noon, deaf)).toEqual({ listeningSince: noon, last });
      expect(await beats.listen(backup, noon + 30_000, deaf)).toEqual({ listeningSince: noon, last });
      expect(await beats.peek(backup)).toEqual({ listeningSince: noon, last });
    });

    it("are the newest that came, whatever it says", async () => {
      await beats.beat(backup, noon, false, "no");
      await beats.beat(backup, noon + 1, true);
      expect((await beats.peek(backup))?.last).toEqual({ at: noon + 1, ok: true });
    });

    it("are listened for anew after nobody has looked for long", async () => {
      await beats.listen(backup, noon, deaf);
      expect(await beats.listen(backup, noon + deaf, deaf)).toEqual({ listeningSince: noon });
      const later = noon + 2 * deaf + 1;
      expect(await beats.listen(backup, later, deaf)).toEqual({ listeningSince: later });
    });

    it("do not lie in the future once a clock that was ahead is put right", async () => {
      await beats.listen(backup, noon + 3_600_000, deaf);
      await beats.beat(backup, noon + 3_600_000, true);
      expect(await beats.listen(backup, noon, deaf)).toEqual({
        listeningSince: noon,
        last: { at: noon, ok: true },
      });
    });

    it("come and are looked for by several at once", async () => {
      await Promise.all(
        Array.from({ length: 20 }, (_, n) =>
          n % 2 === 0 ? beats.beat(backup, noon + n, true) : beats.listen(backup, noon + n, deaf),
        ),
      );
      expect((await beats.peek(backup))?.last?.ok).toBe(true);
    });
  });
}
