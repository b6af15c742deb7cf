import { describe, expect, it } from "vitest";
import type { Tool } from "./choose-install.js";
import { corepackVariables, programVariables, scriptVariables } from "./program-variables.js";

const tools: Tool[] = ["npm", "pnpm", "yarn", "yarn-berry", "bun"];
const linux = (env: Record<string, string> = {}) => ({ env, home: "/home/u", platform: "linux" as const });

describe("an install uses the machine's own cache", () => {
  it.each<[Tool, string, string]>([
    ["npm", "npm_config_cache", "/home/u/.npm"],
    ["pnpm", "PNPM_HOME", "/home/u/.local/share/pnpm"],
    ["yarn", "YARN_CACHE_FOLDER", "/home/u/.cache/yarn"],
    ["yarn-berry", "YARN_GLOBAL_FOLDER", "/home/u/.yarn/berry"],
    ["bun", "BUN_INSTALL_CACHE_DIR", "/home/u/.bun/install/cache"],
  ])("%s by %s", (tool, name, folder) => {
    expect(programVariables(tool, linux())[name]).toBe(folder);
    expect(programVariables(tool, linux({ [name]: "/elsewhere" }))[name]).toBe("/elsewhere");
  });

  it("where macOS has it", () => {
    const mac = { ...linux(), platform: "darwin" as const };
    expect(programVariables("pnpm", mac)["PNPM_HOME"]).toBe("/home/u/Library/pnpm");
    expect(programVariables("yarn", mac)["YARN_CACHE_FOLDER"]).toBe("/home/u/Library/Caches/Yarn");
  });

  it("and corepack too, which never asks, and downloads only what package.json names", () => {
    const common = { COREPACK_HOME: "/home/u/.cache/node/corepack", COREPACK_ENABLE_DOWNLOAD_PROMPT: "0" };
    expect(corepackVariables(true, linux())).toEqual({ ...common, COREPACK_ENABLE_NETWORK: "1" });
    expect(corepackVariables(false, linux())).toEqual({ ...common, COREPACK_ENABLE_NETWORK: "0" });
  });
});

it("registries and proxies of the machine are handed on, and no secret of the cloud's environment is", () => {
  const secrets = {
    VERCEL_TOKEN: "s3cret",
    DATABASE_URL: "s3cret",
    NPM_TOKEN: "s3cret",
    npm_config__authToken: "s3cret",
    NPM_CONFIG__PASSWORD: "s3cret",
    "npm_config_//registry.example/:_authToken": "s3cret",
    YARN_NPM_AUTH_TOKEN: "s3cret",
    YARN_NPM_AUTH_IDENT: "s3cret",
    BUN_CONFIG_TOKEN: "s3cret",
    PNPM_TOKEN: "s3cret",
    COREPACK_NPM_TOKEN: "s3cret",
    COREPACK_NPM_PASSWORD: "s3cret",
  };
  const settings = {
    npm_config_registry: "https://registry.example/",
    HTTPS_PROXY: "http://proxy.example",
    YARN_NPM_REGISTRY_SERVER: "https://registry.example/",
  };
  for (const tool of tools) {
    const machine = linux({ ...secrets, ...settings });
    expect(programVariables(tool, machine)).toMatchObject(settings);
    const all = [
      programVariables(tool, machine),
      scriptVariables(tool, machine),
      corepackVariables(true, machine),
    ];
    expect(JSON.stringify(all)).not.toContain("s3cret");
  }
});
