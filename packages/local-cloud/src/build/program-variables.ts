import { join } from "node:path";
import type { Tool } from "./choose-install.js";

/** The machine whose caches an install uses. */
export interface Machine {
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly home: string;
  readonly platform: NodeJS.Platform;
}

/** Settings of the machine that are handed on as they are; none of them carries a secret by its nature. */
const HANDED_ON =
  /^(https?_proxy|no_proxy|node_extra_ca_certs|yarn_registry|yarn_npm_registry_server|bun_config_registry)$/i;
const NPM_SETTING = /^npm_config_(?!.*(token|password|_auth))/i;

/**
 * The variables by which a program finds its own settings and cache on this machine, although a build has a home of its
 * own: without them an install would need the network each time.
 */
export function programVariables(tool: Tool, { env, home, platform }: Machine): Record<string, string> {
  const cache = env["XDG_CACHE_HOME"] ?? join(home, ".cache");
  const isMac = platform === "darwin";
  const variables: Record<string, string> = {
    // Vercel leaves it out of an install, too: it would leave out what a build needs.
    NODE_ENV: "",
    npm_config_cache: join(home, ".npm"),
    npm_config_userconfig: join(home, ".npmrc"),
    npm_config_update_notifier: "false",
  };
  if (tool === "pnpm") {
    const data = env["XDG_DATA_HOME"] ?? (isMac ? join(home, "Library") : join(home, ".local", "share"));
    variables["PNPM_HOME"] = env["PNPM_HOME"] ?? join(data, "pnpm");
    // For an install command of the project's own, as the arguments of ours say it too.
    variables["pnpm_config_package_import_method"] = "clone-or-copy";
  }
  if (tool === "yarn") {
    variables["YARN_CACHE_FOLDER"] =
      env["YARN_CACHE_FOLDER"] ?? (isMac ? join(home, "Library", "Caches", "Yarn") : join(cache, "yarn"));
  }
  if (tool === "yarn-berry") {
    variables["YARN_GLOBAL_FOLDER"] = env["YARN_GLOBAL_FOLDER"] ?? join(home, ".yarn", "berry");
    variables["YARN_NODE_LINKER"] = "node-modules";
    variables["YARN_ENABLE_TELEMETRY"] = "0";
  }
  if (tool === "bun") {
    variables["BUN_INSTALL_CACHE_DIR"] =
      env["BUN_INSTALL_CACHE_DIR"] ?? join(env["BUN_INSTALL"] ?? join(home, ".bun"), "install", "cache");
  }
  for (const [name, value] of Object.entries(env)) {
    if (value !== undefined && (NPM_SETTING.test(name) || HANDED_ON.test(name))) variables[name] = value;
  }
  return variables;
}

/** Those of them that a script needs, whose program looks whether what it would run is what it installed. */
export function scriptVariables(tool: Tool, machine: Machine): Record<string, string> {
  const variables = Object.entries(programVariables(tool, machine));
  // Installing was the step before; a script that installs anew would do it another way.
  const own = tool === "pnpm" ? { pnpm_config_verify_deps_before_run: "false" } : {};
  return { ...Object.fromEntries(variables.filter(([name]) => /^(PNPM|YARN|BUN)_/.test(name))), ...own };
}

/**
 * The variables of corepack, which stands in for pnpm and yarn: it never asks, and downloads only what package.json
 * asks for.
 */
export function corepackVariables(isAsked: boolean, { env, home }: Machine): Record<string, string> {
  const cache = env["XDG_CACHE_HOME"] ?? join(home, ".cache");
  const variables: Record<string, string> = {
    COREPACK_HOME: env["COREPACK_HOME"] ?? join(cache, "node", "corepack"),
    COREPACK_ENABLE_DOWNLOAD_PROMPT: "0",
    COREPACK_ENABLE_NETWORK: isAsked ? "1" : "0",
  };
  for (const name of ["COREPACK_NPM_REGISTRY", "COREPACK_INTEGRITY_KEYS"]) {
    const value = env[name];
    if (value !== undefined) variables[name] = value;
  }
  return variables;
}
