// A folder with a service, a playbook and a running control plane, as a user has them; gone after use.
import { execFile } from "node:child_process";
import { cp, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";

const run = promisify(execFile);
const root = fileURLToPath(new URL("../..", import.meta.url));
/** The program that `atoms` is. */
export const atomsProgram = join(root, "apps/cli/bin/atoms.js");

const playbook = `version: 1
service: { name: hono-shop, source: ., kind: http, health: /health }
platform: local
preflight: { git_clean: false, branch: false, tests: false }
standard:
  watch: { duration: 1s, interval: 500ms, failures: 3 }
validation:
  smoke: { health: { field: status } }
`;

/**
 * Gives work a folder with examples/hono-shop in it, and stops and removes everything afterwards, however it ends.
 * @template T
 * @param {(shop: { folder: string, env: NodeJS.ProcessEnv, atoms: (...words: string[]) => Promise<unknown> }) => Promise<T>} work
 *   `atoms` runs a command there and gives what it printed with --json: the value, or the list of its lines.
 * @returns {Promise<T>}
 */
export async function withShop(work) {
  const folder = await mkdtemp(join(tmpdir(), "atoms-bench-"));
  const env = { ...process.env, NO_COLOR: "1" };
  for (const name of ["ATOMS_URL", "ATOMS_TOKEN", "DATABASE_URL", "NODE_OPTIONS"]) delete env[name];
  const atoms = async (...words) => {
    const { stdout } = await run(process.execPath, [atomsProgram, ...words, "--json", "--yes"], {
      cwd: folder,
      env,
      timeout: 120_000,
      maxBuffer: 64 * 1024 * 1024,
    }).catch((error) => {
      throw new Error(`atoms ${words.join(" ")} failed: ${error.stderr || error.stdout || error.message}`);
    });
    const lines = stdout
      .trim()
      .split("\n")
      .map((line) => JSON.parse(line));
    return lines.length === 1 ? lines[0] : lines;
  };
  /** The lines that a command printed, however it ended, and its exit code. A release of a canary may take minutes. */
  atoms.lines = async (...words) => {
    const { stdout, code } = await run(process.execPath, [atomsProgram, ...words, "--json", "--yes"], {
      cwd: folder,
      env,
      timeout: 600_000,
      maxBuffer: 256 * 1024 * 1024,
    }).then(
      ({ stdout: out }) => ({ stdout: out, code: 0 }),
      (error) => {
        if (typeof error.code !== "number" || !error.stdout?.includes("{")) throw error;
        return { stdout: error.stdout, code: error.code };
      },
    );
    const lines = stdout.trim().split("\n");
    return { code, lines: lines.map((line) => JSON.parse(line)) };
  };
  const interrupted = () => process.exit(130);
  process.once("SIGINT", interrupted);
  try {
    await cp(join(root, "examples/hono-shop"), folder, {
      recursive: true,
      filter: (path) => !/\/(?:node_modules|\.atoms|deployments|backups|playbook\.yaml)$/.test(path),
    });
    await writeFile(join(folder, "playbook.yaml"), playbook);
    await atoms("up");
    return await work({ folder, env, atoms });
  } finally {
    process.off("SIGINT", interrupted);
    await atoms("down").catch((error) =>
      console.error(`could not stop what runs in ${folder}: ${error.message}`),
    );
    await rm(folder, { recursive: true, force: true });
  }
}
