import { expect, it } from "vitest";
import { readPlaybook } from "../../playbook-file/index.js";
import { stagePlaybook } from "./playbook.js";

const real = `
version: 1
service: { name: shop, source: app, health: "/h\${HOME}" }
platform: vercel
platforms: { vercel: { token: "\${VERCEL_TOKEN}", project: shop } }
validation: { probe_header: { name: x-probe, value: "\${PROBE}" } }
backup:
  databases:
    main: { url: "postgres://u:pw@db.test/shop" }
    logs: { url: "postgres://u:pw@db.test/logs", variable: LOGS_URL }
recovery:
  databases: { main: { standby_url: "postgres://u:pw@standby.test/shop", words: [fine] }, logs: { target: logs.target } }
  targets: { rto: 3m, rpo: 7s }
`;

it("the playbook of a stage has what a recovery reads, other addresses, nobody to tell, and no secret", () => {
  const path = "/shop/playbook.yaml";
  const env = { VERCEL_TOKEN: "secret-token", PROBE: "secret-probe", HOME: "/home" };
  const text = real;
  const { settings } = readPlaybook({ path, text, env });
  const made = stagePlaybook(settings, { databases: ["main", "logs"], source: "/shop/app", standby: true });
  expect(made).not.toMatch(/secret|pw|db\.test/);
  const read = readPlaybook({
    path: "/stage/playbook.yaml",
    text: made,
    env: {
      ATOMS_DRILL_URL_0: "postgres://drill/0",
      ATOMS_DRILL_URL_1: "postgres://drill/1",
      ATOMS_DRILL_STANDBY_URL_0: "postgres://other/0",
      ATOMS_DRILL_STANDBY_URL_1: "postgres://other/1",
      ATOMS_DRILL_PROBE: "p",
    },
  });
  expect(read.settings).toMatchObject({
    platform: "local",
    service: { name: "shop", health: "/h/home" },
    validation: { probe_header: { name: "x-probe", value: "p" } },
    backup: {
      databases: {
        main: { url: "postgres://drill/0", variable: "DATABASE_URL" },
        logs: { url: "postgres://drill/1", variable: "LOGS_URL" },
      },
    },
    recovery: {
      targets: { rto: 180_000, rpo: 7_000 },
      databases: {
        main: { standby_url: "postgres://other/0", words: ["fine"] },
        logs: { standby_url: "postgres://other/1", target: "logs.target" },
      },
    },
  });
  expect(read.sourceFolder).toBe("/shop/app");
  expect(read.settings.notification_channels).toEqual(settings.notification_channels);
});
