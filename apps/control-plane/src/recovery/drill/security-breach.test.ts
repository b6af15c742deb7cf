import { isProblem } from "@atoms/playbook";
import { expect, it } from "vitest";
import type { OpenPlaybook } from "../../control-plane.js";
import { readPlaybook } from "../../playbook-file/index.js";
import { stagePlaybook } from "./playbook.js";
import { securityBreachDrill } from "./security-breach.js";

const open = (...recovery: string[]): OpenPlaybook => {
  const text = [
    "version: 1",
    "service: { name: shop }",
    'backup: { databases: { main: { url: "postgres://u:pw@db.test/shop" } } }',
    "recovery:",
    ...recovery.map((line) => `  ${line}`),
  ].join("\n");
  const { settings } = readPlaybook({ path: "/shop/playbook.yaml", text, env: { ISSUER: "issuer-secret" } });
  return { settings, service: "shop" } as OpenPlaybook;
};
const token = "{ variable: API_TOKEN, kind: generated }";
const password = "{ variable: DATABASE_URL, kind: postgres_password, database: main }";
const pay = "{ variable: PAY_KEY, kind: command, run: ./rotate-pay-key.sh }";
const listed = (...secrets: string[]) => `security_breach: { secrets: [${secrets.join(", ")}] }`;
const tried = (variable: string) => `drill: { intruder: [{ variable: ${variable}, path: /api/notes }] }`;

it.each([
  { what: "without a list of secrets", of: [tried("API_TOKEN")], code: "ATM-695" },
  { what: "when nobody could show that they are shut out", of: [listed(token)], code: "ATM-880" },
  { what: "when the intruder tries what is no secret", of: [listed(token), tried("OTHER")], code: "ATM-880" },
  {
    what: "when a named server's role would get another password",
    of: [listed(password), "drill: { server_url: postgres://a@elsewhere.test/postgres }"],
    code: "ATM-676",
  },
  { what: "", of: [listed(password)], code: undefined },
  { what: "", of: [listed(token), tried("API_TOKEN")], code: undefined },
])("a breach is $code refused $what", ({ of, code }) => {
  let came: string | undefined;
  try {
    securityBreachDrill.check(open(...of));
  } catch (error) {
    came = isProblem(error) ? error.code : String(error);
  }
  expect(came).toBe(code);
});

it("stands random values in for what other people issue, runs none of their commands, and has no secret in its playbook", () => {
  const playbook = open(
    listed(token, password, pay),
    "drill:",
    "  variables: { API_TOKEN: a-value-that-the-service-takes }",
    "  intruder: [{ variable: API_TOKEN, path: /api/notes }]",
  );
  const { variables, environment, sections = {} } = securityBreachDrill.additions?.(playbook) ?? {};
  expect(variables?.["API_TOKEN"]).toBe("a-value-that-the-service-takes");
  expect(variables?.["PAY_KEY"]?.length).toBeGreaterThan(20);
  expect(Object.values(environment ?? {}).sort()).toEqual(Object.values(variables ?? {}).sort());
  const databases = ["main"];
  const text = stagePlaybook(playbook.settings, { databases, source: "/shop", standby: false, sections });
  expect(text).not.toMatch(/rotate-pay-key|a-value-that/);
  const env = { ...environment, ATOMS_DRILL_URL_0: "postgres://drill@127.0.0.1/0" };
  const { settings } = readPlaybook({ path: "/stage/playbook.yaml", text, env });
  expect(settings.recovery.security_breach.secrets.map(({ kind }) => kind)).toEqual([
    "generated",
    "postgres_password",
    "generated",
  ]);
  expect(settings.platforms.local?.variables).toEqual(variables);
  expect(settings.recovery.drill.intruder).toHaveLength(1);
});
