import { parseArgs } from "node:util";

const USAGE = `atoms-mcp <command>

  serve   [--port N] [--host H]                                serve the Atoms MCP Server
  token   --user NAME [--ttl SECONDS] [--scope "a b"] [--audience URL]
                                                               print an access token of the local identity
  migrate [--check]                                            apply migrations, or only look (exit 3: some pending)
  db      --port N [--data DIR]                                share one embedded database between servers
`;

const EXIT_UNEXPECTED = 1;
const EXIT_USAGE = 2;
const EXIT_CONFIG = 78;

class UsageError extends Error {}

/** Runs one command. Heavy parts are loaded by the command that needs them. */
async function main(argv: string[]): Promise<number | undefined> {
  const [command, ...rest] = argv;
  const env = process.env;
  switch (command) {
    case "serve": {
      const { values } = parseArgs({
        args: rest,
        options: { port: { type: "string" }, host: { type: "string" } },
      });
      const { serve } = await import("./commands/serve.js");
      await serve(env, { host: values.host, port: whole("port", values.port) });
      return undefined;
    }
    case "token": {
      const option = { type: "string" } as const;
      const options = { user: option, ttl: option, scope: option, audience: option };
      const { values } = parseArgs({ args: rest, options });
      if (values.user === undefined) throw new UsageError("--user is required");
      const { token } = await import("./commands/token.js");
      await token(env, { ...values, user: values.user, ttl: whole("ttl", values.ttl) });
      return 0;
    }
    case "migrate": {
      const { values } = parseArgs({ args: rest, options: { check: { type: "boolean", default: false } } });
      const { runMigrations } = await import("./commands/migrate.js");
      return runMigrations(env, values.check);
    }
    case "db": {
      const { values } = parseArgs({
        args: rest,
        options: { port: { type: "string" }, data: { type: "string" } },
      });
      const port = whole("port", values.port);
      if (port === undefined) throw new UsageError("--port is required");
      const { serveDatabase } = await import("./commands/db.js");
      await serveDatabase({ port, data: values.data });
      return undefined;
    }
    case "help":
    case "--help":
    case undefined:
      process.stdout.write(USAGE);
      return 0;
    default:
      throw new UsageError(`unknown command ${JSON.stringify(command)}`);
  }
}

function whole(name: string, text: string | undefined): number | undefined {
  if (text === undefined) return undefined;
  if (!/^\d{1,9}$/.test(text)) throw new UsageError(`--${name} takes a whole number`);
  return Number(text);
}

main(process.argv.slice(2)).then(
  (code) => {
    if (code !== undefined) process.exitCode = code;
  },
  (error: unknown) => {
    const usage =
      error instanceof UsageError || (error as { code?: string }).code?.startsWith("ERR_PARSE_ARGS");
    const config = error instanceof Error && "problems" in error;
    const message = error instanceof Error ? error.message : String(error);
    process.stderr.write(`${JSON.stringify({ level: "error", event: "stopped", reason: message })}\n`);
    if (usage) process.stderr.write(USAGE);
    process.exit(usage ? EXIT_USAGE : config ? EXIT_CONFIG : EXIT_UNEXPECTED);
  },
);
