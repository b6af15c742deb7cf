import { expect, it } from "vitest";
import { withServiceDefaults } from "./service-defaults.js";
import { PlaybookSettings } from "./settings.js";

it.each([
  [{}, {}, "/health"],
  [{ health: "/up" }, {}, "/up"],
  [{ health: "/up" }, { rollback: { proof: { answers: 5 } } }, "/up"],
  [{ health: "/up" }, { rollback: { proof: { path: "/v" } } }, "/v"],
])("who serves a host is asked at the health path: %j %j %s", (service, rest, path) => {
  const written = { version: 1, service: { name: "shop", ...service }, ...rest };
  expect(PlaybookSettings.parse(withServiceDefaults(written)).rollback.proof.path).toBe(path);
});

it.each([
  [{ service: "shop" }],
  [{ service: { health: 3 } }],
  [{ service: { health: "no path" } }],
  [{ service: { health: "/x" }, rollback: 5 }],
  [{ service: { health: "/x" }, rollback: { proof: [] } }],
])("leaves nonsense to the schema: %j", (written) => expect(withServiceDefaults(written)).toEqual(written));
