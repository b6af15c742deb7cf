/**
 * A playbook that ships the Atoms MCP Server to the local cloud with as little besides as can be, with its rows in the database of
 * SHOP_DATABASE_URL and the door of its maintenance there. Benchmarks and tests use it.
 * @param {{ maintenance: string, database?: string }} of Lines of the section maintenance, indented by two; and the address that
 *   Atoms itself reaches the database by, SHOP_DATABASE_URL when left out.
 */
export const atomsMcpPlaybook = ({ maintenance, database = `\${SHOP_DATABASE_URL}` }) => `version: 1
service: { name: shop, source: service, kind: mcp, health: /health }
platforms:
  local:
    variables:
      ATOMS_ENV: local
      ATOMS_AUTH_MODE: local
      PUBLIC_URL: http://shop.localhost
      ATOMS_TRUST_PROXY: "1"
      ATOMS_MIGRATE: auto
      DATABASE_URL: \${SHOP_DATABASE_URL}
      ATOMS_PROBE_TOKEN: a-secret-of-the-monitors
preflight: { git_clean: false, branch: false, dependencies: false, tests: false }
standard: { watch: { duration: 1s, interval: 300ms, failures: 2, consecutive: 2 } }
validation:
  probe_header: { name: x-atoms-probe, value: a-secret-of-the-monitors }
  smoke: { health: {}, mcp: false }
  performance: false
backup: { databases: { main: { url: "${database}" } } }
maintenance:
  flag: { database: main }
${maintenance}`;
