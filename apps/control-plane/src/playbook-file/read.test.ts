import { isProblem, type PlatformName } from "@atoms/playbook";
import { describe, expect, it } from "vitest";
import type { Mistake } from "./mistake.js";
import { PlaybookMistaken } from "./problems.js";
import { type LoadedPlaybook, readPlaybook } from "./read.js";

type Options = {
  env?: Record<string, string>;
  platform?: PlatformName;
  uses?: ("platform" | "notification_channels")[];
};
const read = (text: string, options: Options = {}): LoadedPlaybook =>
  readPlaybook({ path: "/somewhere/playbook.yaml", text, env: {}, ...options });

function mistaken(text: string, options: Options = {}): PlaybookMistaken {
  try {
    read(text, options);
  } catch (error) {
    if (error instanceof PlaybookMistaken) return error;
    throw error;
  }
  throw new Error("it was read without a mistake");
}
const mistakesIn = (text: string, options?: Options): Mistake[] => [...mistaken(text, options).mistakes];

const head = "version: 1\nservice:\n  name: shop\n";

it("does not unfold aliases of aliases without end", () => {
  const bomb = Array.from({ length: 9 }, (_, i) => `a${i + 1}: &a${i + 1} [${`*a${i}, `.repeat(10)}]`).join(
    "\n",
  );
  const found = mistakesIn(`${head}a0: &a0 x\n${bomb}\n`);
  expect(found.map((m) => m.message).join("\n")).toMatch(/at most 50000 settings/);
});

it("fills every default, so that three lines are a playbook", () => {
  const { settings, file, sourceFolder } = read(head);
  expect(settings).toMatchObject({
    environment: "production",
    platform: "local",
    strategy: "standard",
    standard: { watch: { duration: 300_000, interval: 10_000, failures: 3 } },
  });
  expect(file).toEqual({ path: "/somewhere/playbook.yaml", folder: "/somewhere", text: head });
  expect(sourceFolder).toBe("/somewhere");
});

it("ships each platform's own source, from the playbook's folder", () => {
  const text = `${head}  source: app\nplatforms:\n  local: { source: app/deploy }\n  vercel: { token: "\${T:-x}", project: shop }\n`;
  expect(read(text).sourceFolder).toBe("/somewhere/app/deploy");
  expect(read(text, { platform: "vercel" }).sourceFolder).toBe("/somewhere/app");
  expect(read(text, { platform: "vercel" }).settings.platform).toBe("vercel");
});

describe("one mistake", () => {
  it.each<[string, string, number, number, RegExp, RegExp?]>([
    [
      "an unknown key",
      `${head}enviroment: x\n`,
      4,
      1,
      /^is not a known setting$/,
      /Did you mean environment\?/,
    ],
    ["an unknown key inside", `${head}  surce: .\n`, 4, 3, /not a known setting/, /source/],
    [
      "a key at the wrong place",
      `${head}pin: keep\n`,
      4,
      1,
      /not a known setting/,
      /pin belongs under gates or under rollback\./,
    ],
    [
      "a word that is none of the known",
      `${head}platform: vercell\n`,
      4,
      11,
      /one of local, vercel, got "vercell"/,
      /vercel\?/,
    ],
    [
      "a word with two letters swapped",
      `${head}  kind: mpc\n`,
      4,
      9,
      /one of http, mcp/,
      /Did you mean mcp\?/,
    ],
    ["a missing key", "version: 1\nservice: {}\n", 2, 1, /is missing: expected text/],
    [
      "a bad duration",
      `${head}standard: { watch: { duration: 5 parsecs } }\n`,
      4,
      32,
      /expected a duration such as .*30s.*got "5 parsecs"/,
    ],
    ["a duration without a unit", `${head}standard:\n  watch:\n    duration: 300\n`, 6, 15, /300s or 300ms/],
    [
      "a bad percentage",
      `${head}validation:\n  performance:\n    max_failures: 5\n`,
      6,
      19,
      /5% or a fraction from 0 to 1/,
    ],
    [
      "text for a number",
      `${head}rollback:\n  proof: { answers: many }\n`,
      5,
      21,
      /expected a number, got "many"/,
    ],
    ["a number for text", `${head}environment: 1\n`, 4, 14, /expected text, got 1/, /quotes.*"1"/],
    ["a number out of range", `${head}rollback:\n  proof: { answers: 0 }\n`, 5, 21, /at least 1/],
    [
      "an empty section",
      `${head}backup:\n`,
      4,
      8,
      /expected a group of settings, got nothing/,
      /remove the line/,
    ],
    [
      "true where false or settings belong",
      `${head}validation:\n  smoke:\n    cors: true\n`,
      6,
      11,
      /expected false or a group of settings, got true/,
    ],
    [
      "a bad condition, to its column",
      `${head}alerts:\n  - name: a\n    condition: "error_rate > 1"\n    severity: high\n    actions: [page_oncall]\n`,
      6,
      30,
      /expected a percentage/,
    ],
    [
      "an unknown metric",
      `${head}alerts:\n  - name: a\n    condition: eror_rate > 1%\n    severity: high\n    actions: [page_oncall]\n`,
      6,
      16,
      /eror_rate is neither/,
      /error_rate\?/,
    ],
    [
      "a bad moment",
      `${head}deployment_communication:\n  rollback:\n    - { channel: "#x", message: hi, timing: soon }\n`,
      6,
      45,
      /expected a moment such as "T-15 minutes"/,
    ],
    ["a duplicate key", `${head}  name: other\n`, 4, 3, /given twice/, /Keep one/],
    ["a tab", "version: 1\nservice:\n\tname: shop\n", 3, 1, /tab/, /spaces/],
    ["malformed YAML", `${head} x: 1\n`, 4, 1, /not well-formed YAML/],
    [
      "a bare variable in brackets",
      `${head}preflight: { tests: \${T} }\n`,
      4,
      22,
      /not well-formed/,
      /quotes/,
    ],
    ["a second document", `${head}---\na: 1\n`, 4, 1, /one document/],
    ["an empty file", "", 1, 1, /the file is empty/, /atoms init/],
    ["only a comment", "# later\n", 1, 1, /the file is empty/],
    ["a list for a playbook", "- a\n", 1, 1, /expected a playbook/],
    ["another version", `version: 2\n${head.slice(11)}`, 1, 10, /version: 1/],
    [
      "a variable that is not set",
      `${head}preflight:\n  tests: npm \${WHAT}\n`,
      5,
      14,
      /WHAT is not set/,
      /export WHAT=.*\$\{WHAT:-value\}/,
    ],
    [
      "a bad variable reference",
      `${head}preflight:\n  tests: npm \${1X}\n`,
      5,
      14,
      /expected a variable such as \$\{NAME\}/,
    ],
    ["an alias to itself", `${head}vendors: &a\n  support: *a\n`, 5, 12, /refers to itself|Unresolved/i],
    ["a key with a dangerous name", `${head}__proto__: { x: 1 }\n`, 4, 1, /not a known setting/],
    [
      "an interval longer than the watch",
      `${head}standard: { watch: { duration: 5s, interval: 10s } }\n`,
      4,
      46,
      /no longer than the watch/,
    ],
  ])("%s", (_, text, line, column, message, suggestion) => {
    const found = mistakesIn(text);
    expect(found).toHaveLength(1);
    const [only] = found;
    expect(only).toMatchObject({ line, column, message: expect.stringMatching(message) });
    expect(only?.snippet).toBe(text.split("\n")[line - 1]);
    if (suggestion !== undefined) expect(only?.suggestion).toMatch(suggestion);
  });
});

it("tells all mistakes at once, in the order of the file, each with place, line and advice", () => {
  const problem = mistaken(`version: 1
servce: {}
service: { name: shop, kind: mpc }
standard:
  watch: { duration: 5 parsecs }
preflight:
  tests: \${NOT_SET}
`);
  expect(isProblem(problem)).toBe(true);
  expect(problem).toMatchObject({ code: "ATM-101", ending: "usage" });
  expect(problem.mistakes.map((m) => m.setting)).toEqual([
    "servce",
    "service.kind",
    "standard.watch.duration",
    "preflight.tests",
  ]);
  expect(problem.happened).toContain("/somewhere/playbook.yaml has 4 mistakes");
  expect(problem.happened).toContain(
    `/somewhere/playbook.yaml:5:22  standard.watch.duration: expected a duration`,
  );
  expect(problem.happened).toContain(
    "    5 |   watch: { duration: 5 parsecs }\n      |                      ^",
  );
  expect(problem.happened).toContain("Did you mean service?");
  expect(problem.fix).toContain("atoms check");
  expect(JSON.parse(JSON.stringify(problem)).mistakes).toHaveLength(4);
});

describe("variables", () => {
  const channels = `${head}notification_channels:\n  slack:\n    webhook_url: \${SLACK_WEBHOOK_URL}\n`;
  const vercel = `${head}platforms:\n  vercel:\n    token: \${VERCEL_TOKEN}\n    project: shop\n`;

  it("are filled in, with defaults; an empty one counts as not set", () => {
    const text = `${head}preflight:\n  tests: "\${A} \${B:-two} \${C:-three} $\${D}"\n`;
    expect(read(text, { env: { A: "one", B: "2", C: "" } }).settings.preflight.tests).toBe(
      `one 2 three \${D}`,
    );
    expect(mistakesIn(text, { env: { A: "" } })).toMatchObject([{ message: "the variable A is not set" }]);
  });

  it("may spell a number or a truth value where one is wanted, and stay text elsewhere", () => {
    const text = `${head}environment: \${E}\nrollback:\n  proof: { answers: "\${N}" }\npreflight: { platform: "\${P}" }\n`;
    const { settings } = read(text, { env: { E: "123", N: "5", P: "false" } });
    expect(settings).toMatchObject({
      environment: "123",
      rollback: { proof: { answers: 5 } },
      preflight: { platform: false },
    });
    expect(mistakesIn(text, { env: { E: "x", N: "five", P: "no" } })).toHaveLength(2);
  });

  it("of a channel may be missing: the channel is left out and named", () => {
    const { settings, notConfigured } = read(channels);
    expect(settings.notification_channels.slack).toBeUndefined();
    expect(notConfigured).toEqual([
      {
        part: "notification_channels.slack",
        missing: ["SLACK_WEBHOOK_URL"],
        line: 6,
        message: "notification_channels.slack is not configured: SLACK_WEBHOOK_URL is not set",
      },
    ]);
  });

  it("of a channel are needed by a command that is about to use it", () => {
    expect(mistakesIn(channels, { uses: ["notification_channels"] })).toMatchObject([
      { line: 6, column: 18, message: "the variable SLACK_WEBHOOK_URL is not set" },
    ]);
  });

  it("of a platform are needed only by the one that was chosen", () => {
    expect(read(vercel)).toMatchObject({
      settings: { platforms: { local: { variables: {} } } },
      notConfigured: [{ part: "platforms.vercel", missing: ["VERCEL_TOKEN"] }],
    });
    expect(mistakesIn(vercel, { platform: "vercel" })).toMatchObject([
      { message: "the variable VERCEL_TOKEN is not set" },
    ]);
    expect(mistakesIn(`${vercel}platform: vercel\n`)).toHaveLength(1);
    const { notConfigured } = read(vercel, { platform: "vercel", uses: [] });
    expect(notConfigured).toMatchObject([{ part: "platforms.vercel" }]);
  });

  it("that are missing hide no other mistake of their part", () => {
    expect(mistakesIn(`${channels}    chanels: {}\n`)).toMatchObject([
      { setting: "notification_channels.slack.chanels" },
    ]);
  });

  it("do not stand in for a platform that is not set up at all", () => {
    expect(mistakesIn(head, { platform: "vercel" })).toMatchObject([
      {
        setting: "platforms.vercel",
        message: expect.stringContaining("is missing: expected token and project"),
      },
    ]);
  });
});

describe("secrets", () => {
  const env = {
    SLACK_WEBHOOK_URL: "not an address/T0/secret-part",
    PG: "postgres://u:pa55word@db/x",
    VERCEL_TOKEN: "tok_12345",
  };

  it("from variables are hidden, also in the mistakes themselves", () => {
    const problem = mistaken(
      `${head}notification_channels:\n  slack:\n    webhook_url: \${SLACK_WEBHOOK_URL}\n`,
      { env },
    );
    expect(problem.mistakes).toHaveLength(1);
    expect(JSON.stringify(problem)).not.toContain("secret-part");
  });

  it("written into the file are hidden by the name of their setting", () => {
    const problem = mistaken(
      `${head}platforms:\n  vercel:\n    token: tok_literal\n    projct: x\n    bypass_secret: 5\n`,
    );
    expect(problem.happened).toContain("projct");
    expect(
      read(`${head}platforms:\n  vercel: { token: tok_literal, project: x }\n`).secrets.redact(
        "a tok_literal b",
      ),
    ).toBe("a [hidden platforms.vercel.token] b");
  });

  it("are known to the redactor by their variable, whatever setting took them", () => {
    const text = `${head}platforms:\n  local:\n    variables:\n      A: \${PG}\n  vercel: { token: "\${VERCEL_TOKEN}", project: x }\n`;
    const { secrets } = read(text, { env });
    expect(secrets.redact("tok_12345 and pa55word")).toBe("[hidden VERCEL_TOKEN] and [hidden PG]");
  });
});
