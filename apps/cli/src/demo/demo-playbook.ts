/** What the demo's playbook is written from. */
export type DemoFacts = {
  /** Connection string of the service's database. */
  databaseUrl: string;
  /** Secret by which the service knows its monitors. */
  probeToken: string;
};

/** Public address of the demo's service; its tokens are made for it. */
export const resource = "http://atoms-mcp.localhost/api/mcp";

/**
 * The playbook of the demo: the Atoms MCP Server on the local cloud, with the runbook's checks, and with times that
 * suit somebody who is looking on.
 * @returns YAML.
 */
export function demoPlaybook(facts: DemoFacts): string {
  return `# Written by \`atoms demo\`. The times are short, so that you can look on; everything else is as for real.
version: 1
service:
  name: atoms-mcp
  source: service
  kind: mcp
  health: /health
platform: local
platforms:
  local:
    variables:
      ATOMS_ENV: local
      ATOMS_AUTH_MODE: local
      PUBLIC_URL: http://atoms-mcp.localhost
      ATOMS_TRUST_PROXY: "1"
      ATOMS_MIGRATE: auto
      DATABASE_URL: ${JSON.stringify(facts.databaseUrl)}
      ATOMS_PROBE_TOKEN: ${JSON.stringify(facts.probeToken)}
preflight:
  git_clean: false      # the demo's folder is no repository
  branch: false
  dependencies: false   # the service is one bundle
  tests: node --check server.js
  required_variables: [ATOMS_PROBE_TOKEN, DATABASE_URL]
standard:
  watch: { duration: 10s, interval: 1s, failures: 2, consecutive: 2 }
canary:
  steps: [25, 100]
  bake: 30s
  interval: 2s
  warm_up: 2s
  step_minimum: 5s
  min_requests: 100
  profile: strict
  probe: { rate: 20 }
  guardrails:
    - { kind: errors, id: error rate, limit: 0.01 }
    - { kind: errors, id: tool errors, of: tool_calls, limit: 0.01 }
  watch: { duration: 5s, interval: 1s, failures: 2, consecutive: 2 }
validation:
  bearer:
    command: node service/server.js token --user demo --audience ${resource}
  probe_header:
    name: x-atoms-probe
    value: ${JSON.stringify(facts.probeToken)}
  smoke:
    login: {}
    auth_required: {}
    cors: {}
    database: {}
    rate_limit: {}
    mcp:
      expected_tools: [workspace_tool]
      call: { tool: workspace_tool, arguments: { operation: list_workspaces } }
  performance:
    baselines:          # wider than the runbook's 50 and 200 ms: this machine does everything at once
      /health: { p95: 250, p99: 500 }
      /api/mcp/tools: { p95: 500, p99: 1000 }
deployment_communication:
  pre_deployment:
    - { channel: "#atoms-deployments", message: "Deployment starting for {service}", timing: "T-15 minutes" }
    - { channel: "#atoms-engineering", message: "Deployment window open, please hold PRs", timing: "T-10 minutes" }
  during_deployment:
    - { channel: "#atoms-status", message: "Deployment in progress", timing: "T-0" }
  post_deployment:
    - { channel: "#atoms-deployments", message: "Deployment complete", timing: "T+5 minutes" }
    - { channel: "#atoms-engineering", message: "PRs can resume", timing: "T+10 minutes" }
  rollback:
    - { channel: "#atoms-incidents", message: "Rollback initiated: {because}", timing: "Immediate" }
`;
}
