import { createHash } from "node:crypto";
import { existsSync } from "node:fs";
import { copyFile, mkdir, readFile, rename, rm, symlink } from "node:fs/promises";
import { homedir } from "node:os";
import { join } from "node:path";
import { BuildError } from "./build-error.js";
import type { BuildSteps } from "./build-steps.js";
import type { PackageJson } from "./package-json.js";

const LOCK = "package-lock.json";

/**
 * Puts `node_modules` in place when package.json names dependencies and there is a lockfile. What was installed for a
 * lockfile is kept under its hash, and linked the next time.
 * @param builds whether a build follows, which may need what only developers need
 */
export async function install(
  cwd: string,
  pack: PackageJson,
  builds: boolean,
  steps: BuildSteps,
): Promise<void> {
  const wanted = {
    ...pack.dependencies,
    ...pack.optionalDependencies,
    ...(builds ? pack.devDependencies : {}),
  };
  if (Object.keys(wanted).length === 0) return;
  if (existsSync(join(cwd, "node_modules"))) {
    await steps.say("Dependencies came with the upload; nothing is installed.");
    return;
  }
  if (!existsSync(join(cwd, LOCK))) {
    await steps.warn(
      "package.json names dependencies but there is no package-lock.json, so nothing is installed. " +
        'Run "npm install" in your folder and deploy its package-lock.json too.',
    );
    return;
  }
  // A build may need what only developers need, as on Vercel; without one it would be dead weight.
  const omit = builds ? [] : ["--omit=dev"];
  const lock = await readFile(join(cwd, LOCK), "utf8");
  // Dependencies that are folders of the upload itself cannot be shared between deployments.
  if (/"link":\s*true|"resolved":\s*"file:/.test(lock)) {
    await npmCi(cwd, omit, steps);
    return;
  }
  await installShared(cwd, lock, omit, steps);
}

async function installShared(cwd: string, lock: string, omit: string[], steps: BuildSteps): Promise<void> {
  const key = createHash("sha256")
    .update(
      [lock, await readFile(join(cwd, "package.json"), "utf8"), process.version, omit.join()].join("\0"),
    )
    .digest("hex")
    .slice(0, 32);
  const kept = join(steps.dependencies, key);
  if (existsSync(join(kept, "node_modules"))) {
    await steps.say("Dependencies of this lockfile were installed before; they are used again.");
  } else {
    const fresh = join(steps.dependencies, `${key}.${steps.deploymentId}`);
    await mkdir(fresh, { recursive: true, mode: 0o700 });
    try {
      for (const name of ["package.json", LOCK, ".npmrc"]) {
        if (existsSync(join(cwd, name))) await copyFile(join(cwd, name), join(fresh, name));
      }
      await npmCi(fresh, omit, steps);
      await mkdir(join(fresh, "node_modules"), { recursive: true });
      // Another build may have finished the same install first; its result is as good.
      await rename(fresh, kept).catch((error: NodeJS.ErrnoException) => {
        if (error.code !== "ENOTEMPTY" && error.code !== "EEXIST") throw error;
      });
    } finally {
      await rm(fresh, { recursive: true, force: true });
    }
  }
  await symlink(join(kept, "node_modules"), join(cwd, "node_modules"));
}

async function npmCi(cwd: string, omit: string[], steps: BuildSteps): Promise<void> {
  const args = ["ci", ...omit, "--prefer-offline", "--no-audit", "--no-fund", "--ignore-scripts=false"];
  const code = await steps.run("npm", { args, cwd, variables: npmVariables() });
  if (code !== 0) throw new BuildError(`"npm ${args.join(" ")}" ended with code ${code}.`, "install");
}

/** npm's own settings and cache on this machine: without them an install would need the network each time. */
function npmVariables(): Record<string, string> {
  const variables: Record<string, string> = {
    npm_config_cache: join(homedir(), ".npm"),
    npm_config_userconfig: join(homedir(), ".npmrc"),
    npm_config_update_notifier: "false",
  };
  for (const [name, value] of Object.entries(process.env)) {
    if (value === undefined) continue;
    if (/^npm_config_(?!.*(token|password|_auth))/i.test(name)) variables[name] = value;
    if (/^(https?_proxy|no_proxy|NODE_EXTRA_CA_CERTS)$/i.test(name)) variables[name] = value;
  }
  return variables;
}
