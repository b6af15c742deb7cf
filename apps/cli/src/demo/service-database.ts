import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { createInterface } from "node:readline";

/** A database that the demo's deployments share. */
export type ServiceDatabase = { url: string; stop(): Promise<void> };

/**
 * Starts the service's own embedded database as an endpoint on loopback, as a child of this process.
 * @param program The service's bundle.
 * @param folder Where the rows are kept.
 * @throws When it ends or is not ready within 20 s.
 */
export async function startServiceDatabase(program: string, folder: string): Promise<ServiceDatabase> {
  const child = spawn(process.execPath, [program, "db", "--port", "0", "--data", folder], {
    stdio: ["ignore", "pipe", "ignore"],
  });
  const line = await firstLine(child, 20_000);
  const { url } = JSON.parse(line) as { url: string };
  return {
    url,
    async stop() {
      if (child.exitCode !== null || child.signalCode !== null) return;
      const gone = once(child, "exit");
      child.kill("SIGTERM");
      const kill = setTimeout(() => child.kill("SIGKILL"), 5_000);
      await gone;
      clearTimeout(kill);
    },
  };
}

async function firstLine(child: ChildProcess, timeoutMs: number): Promise<string> {
  if (child.stdout === null) throw new Error("the database has no output");
  const lines = createInterface({ input: child.stdout });
  const late = AbortSignal.timeout(timeoutMs);
  try {
    const [line] = await Promise.race([
      once(lines, "line", { signal: late }) as Promise<[string]>,
      once(child, "exit", { signal: late }).then(() => {
        throw new Error("the service's database ended before it was ready");
      }),
    ]);
    return line;
  } catch (error) {
    child.kill("SIGKILL");
    throw error;
  } finally {
    lines.close();
  }
}
