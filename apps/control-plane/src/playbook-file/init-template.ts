import type { PlatformName } from "@atoms/playbook";

/** What `atoms init` asks, or finds out by itself. */
export type InitAnswers = {
  name: string;
  kind: "http" | "mcp";
  platform: PlatformName;
  /** Folder that is shipped, relative to the playbook. Default ".". */
  source?: string | undefined;
  /** Path that says how the service is. Default "/". */
  health?: string | undefined;
  /** Whether it answers there with JSON that holds a word such as "healthy"; else the status alone counts. */
  healthHasWord?: boolean | undefined;
  mcpPath?: string | undefined;
  /** Command that runs the tests. */
  tests?: string | undefined;
  /** Branch that is released. Default "main". */
  branch?: string | undefined;
  /** Project on Vercel. Default the service's name. */
  project?: string | undefined;
};

/**
 * Writes a commented playbook for somebody's own service. It loads without a mistake as it stands; for Vercel,
 * `VERCEL_TOKEN` has to be set.
 * @returns YAML.
 */
export function initTemplate(answers: InitAnswers): string {
  const { name, kind, platform, source = ".", health = "/", branch = "main", tests } = answers;
  const local = platform === "local";
  const smoke = [
    "    health:",
    answers.healthHasWord === true
      ? noted("      field: status", "has to say healthy, ok, pass or up; 200 alone is not enough")
      : noted("      words: []", "trusts the status code; better: the words that mean healthy"),
    ...(answers.mcpPath === undefined ? [] : ["    mcp:", `      path: ${text(answers.mcpPath)}`]),
  ];
  return `# The playbook of ${name}: how it is checked, shipped, watched and, if need be, taken back.
# \`atoms check\` says whether this file is right; \`atoms plan\` says what a release would do; \`atoms deploy\` does it.
# Every setting has a default. What is not written here is described in docs/reference/settings.md of Atoms.
version: 1

service:
  name: ${text(name)}
${noted(`  source: ${text(source)}`, "folder that is shipped, relative to this file")}
${noted(`  kind: ${kind}`, "http, or mcp for a Model Context Protocol server")}
  health: ${text(health)}

environment: production
${noted(`platform: ${platform}`, "local (the cloud on this machine) or vercel; --platform overrides it")}

platforms:
  local:
    # Variables for the service on the local cloud. Write secrets as \${NAME}, taken from your shell.
    variables: {}
${vercelSection(answers)}
preflight:
${local ? noted("  git_clean: false", "say true before you ship to real users: everything must be committed") : "  git_clean: true"}
${noted(`  branch: ${text(branch)}`, "or a list, or false for any")}
${noted(tests === undefined ? "  # tests: npm test" : `  tests: ${text(tests)}`, "runs before anything is touched")}
${noted("  required_variables: []", "names that must be set where the service will run")}

${noted("strategy: standard", "all traffic at once, then the watch")}
standard:
  watch:
${local ? noted("    duration: 30s", "five minutes is a better watch over real users") : "    duration: 5m"}
    interval: ${local ? "5s" : "10s"}
${noted("    failures: 3", "one more failed look than this, and Atoms rolls back")}

validation:
  smoke:
${smoke.join("\n")}
  performance:
${noted("    baselines:", "milliseconds; p95 means 95 of 100 answers are faster")}
      ${JSON.stringify(health)}: { p95: 200, p99: 500 }

# What is looked at again and again once it is released; \`atoms up\` runs it, \`atoms monitor\` shows it.
monitors:
${noted("  - { kind: health, interval: 30s }", "asks service.health; two failures in a row are down")}
${noted("  - { kind: performance, interval: 60s }", "times 20 requests; also: p95, error_rate, path")}
${noted("  - { kind: errors, interval: 5m }", "reads the service's log; also: patterns, ignore")}
${kind === "mcp" ? noted("  - { kind: mcp, interval: 60s }", "handshake, list of tools, one call") : noted("  # - { kind: resources }", "memory and processor, from /metrics of the service")}

# Who is told what, and when. A release waits until the first message is as old as it says; --now does not wait.
# deployment_communication:
#   pre_deployment:
#     - { channel: "#deployments", message: "{service} {version} is about to be released", timing: "T-15 minutes" }
#   post_deployment:
#     - { channel: "#deployments", message: "{service} {version} is released", timing: "T+5 minutes" }
#   rollback:
#     - { channel: "#incidents", message: "{service} is rolled back: {because}", timing: "Immediate" }
#
# Without a channel, messages are printed.
# notification_channels:
#   slack:
#     webhook_url: \${SLACK_WEBHOOK_URL}
`;
}

function vercelSection({ platform, name, project = name }: InitAnswers): string {
  const lines = [
    "vercel:",
    `  token: \${VERCEL_TOKEN}`,
    `  project: ${text(project)}`,
    "  # team: my-team",
    "  # domains: [shop.example.com]",
  ];
  return `${lines.map((line) => (platform === "vercel" ? `  ${line}` : `  # ${line}`)).join("\n")}\n`;
}

/** A line with a remark behind it; the remarks stand under each other. */
const noted = (line: string, remark: string) => `${line.padEnd(30)}  # ${remark}`;

/** A YAML scalar that reads back as this very text: bare where that is safe, else in double quotes. */
function text(value: string): string {
  const bare =
    /^[A-Za-z/.][A-Za-z0-9 ./_-]*$/.test(value) &&
    !/^(?:true|false|null|~|\.inf|\.nan|\.\d.*)$/i.test(value) &&
    !value.endsWith(" ");
  const escaped = value.replaceAll("${", () => "$${");
  return bare ? value : JSON.stringify(escaped);
}
