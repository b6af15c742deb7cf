import { createHash } from "node:crypto";
import { existsSync } from "node:fs";
import { copyFile, mkdir, readFile, rename, rm, symlink } from "node:fs/promises";
import { join } from "node:path";
import type { BuildSteps } from "./build-steps.js";
import type { InstallPlan } from "./choose-install.js";

/**
 * Installs into a folder that is kept under the hash of the lockfile, and links `node_modules` to it. What was installed
 * for a lockfile before is linked at once.
 * @param cwd full path of the folder with package.json and the lockfile
 * @param run installs in the folder it is given
 */
export async function installKept(
  cwd: string,
  plan: InstallPlan,
  run: (folder: string) => Promise<void>,
  steps: BuildSteps,
): Promise<void> {
  const lockfile = plan.lockfile ?? "";
  const texts = [
    await readFile(join(cwd, lockfile), "utf8"),
    await readFile(join(cwd, "package.json"), "utf8"),
    process.version,
    plan.args.join(),
  ];
  const key = createHash("sha256").update(texts.join("\0")).digest("hex").slice(0, 32);
  const kept = join(steps.dependencies, key);
  if (existsSync(join(kept, "node_modules"))) {
    await steps.say("Dependencies of this lockfile were installed before; they are used again.");
  } else {
    const fresh = join(steps.dependencies, `${key}.${steps.deploymentId}`);
    await mkdir(fresh, { recursive: true, mode: 0o700 });
    try {
      for (const name of ["package.json", lockfile, ".npmrc"]) {
        if (existsSync(join(cwd, name))) await copyFile(join(cwd, name), join(fresh, name));
      }
      await run(fresh);
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
