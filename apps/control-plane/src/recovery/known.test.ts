import { expect, it } from "vitest";
import type { OpenPlaybook } from "../control-plane.js";
import { databasesMeant } from "./known.js";

const open = {
  settings: {
    backup: {
      databases: {
        main: { url: "pglite+http://:token@127.0.0.1:50002/database" },
        orders: { url: "postgres://h/orders" },
      },
    },
  },
} as unknown as OpenPlaybook;

it("a recovery is of databases that a server holds; one that is embedded is refused before anything is done", () => {
  expect(databasesMeant(open, ["orders"])).toEqual(["orders"]);
  for (const named of [[], ["main"], ["orders", "main"]])
    expect(() => databasesMeant(open, named)).toThrow(
      expect.objectContaining({
        code: "ATM-256",
        fix: expect.stringMatching(/atoms backup restore --database main.*--database orders/),
      }),
    );
});
