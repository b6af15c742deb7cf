import type { Framework } from "@vercel/frameworks";

/**
 * What serves a project that is built with a framework:
 * - `files`: the folder that its build leaves
 * - `either`: files, or a server, as the project has it
 * - `server`: a server that is started from what the build left
 * - `app`: an app that the project's own code exports or lets listen
 * - `elsewhere`: a language that is not run here
 */
export type Serving = "files" | "either" | "server" | "app" | "elsewhere";

/** How the output of one framework is served. Paths are relative to the project's folder; the first that is there wins. */
export interface FrameworkRule {
  readonly serving: Serving;
  /** Servers that a build leaves and that Node runs. */
  readonly servers?: readonly string[];
  /**
   * Folders with a finished site, beside the one that the platform's list names. They count when they have an `index.html`, and
   * `unless` is not there.
   */
  readonly sites?: readonly {
    readonly folder: string;
    readonly unless?: string;
    /** The routes that the platform gives such a site; the list's when absent. */
    readonly routes?: readonly unknown[];
  }[];
  /**
   * The folder inside the listed one that has the pages, where there is one. The list's function knows it too, and looks for it
   * from where the cloud was started.
   */
  readonly within?: string;
  /** The framework's own programs that start what was built, and what each needs to be there. */
  readonly starts?: readonly { readonly command: string; readonly needs: string }[];
  /** What to do when nothing was left that can be served. */
  readonly help?: string;
}

const app: FrameworkRule = { serving: "app" };
const elsewhere: FrameworkRule = { serving: "elsewhere" };
const nitro: FrameworkRule = {
  serving: "either",
  servers: [".output/server/index.mjs"],
  sites: [{ folder: ".output/public" }],
  help: "Leave its preset to the build, which makes Build Output for Vercel, or choose the preset node-server or static.",
};
const kit: FrameworkRule = {
  serving: "either",
  servers: ["build/index.js"],
  sites: [{ folder: "build" }],
  help: "Use one of its adapters auto, vercel, node or static.",
};
const ownServer: FrameworkRule = {
  serving: "server",
  help: 'Add a "start" script to package.json that starts what was built and listens on PORT.',
};

/** What the platform makes of Remix and React Router without a server: every path is the page's own. */
const singlePage = {
  folder: "build/client",
  unless: "build/server/index.js",
  routes: [{ handle: "filesystem" }, { src: "/(.*)", dest: "/index.html" }],
};

/** All that are more than files, by the slugs of the platform's list. */
const RULES: Readonly<Record<string, FrameworkRule>> = {
  nextjs: {
    serving: "server",
    sites: [{ folder: "out" }],
    starts: [{ command: "next start", needs: ".next" }],
    help: 'Add "build": "next build" and "start": "next start" to the scripts of package.json.',
  },
  blitzjs: { ...ownServer, starts: [{ command: "blitz start", needs: ".next" }] },
  remix: {
    ...ownServer,
    sites: [singlePage],
    starts: [
      { command: "remix-serve build/server/index.js", needs: "build/server/index.js" },
      { command: "remix-serve build/index.js", needs: "build/index.js" },
    ],
    help: 'Add "build": "remix vite:build" to the scripts of package.json, and the package @remix-run/serve.',
  },
  "react-router": {
    ...ownServer,
    sites: [singlePage],
    starts: [{ command: "react-router-serve build/server/index.js", needs: "build/server/index.js" }],
    help: 'Add "build": "react-router build" to the scripts of package.json, and the package @react-router/serve.',
  },
  hydrogen: ownServer,
  redwoodjs: ownServer,
  nuxtjs: nitro,
  nitro,
  "solidstart-1": nitro,
  solidstart: nitro,
  "tanstack-start": nitro,
  "tanstack-start-lovable": nitro,
  ash: nitro,
  eve: nitro,
  "factory-eve": nitro,
  sveltekit: kit,
  "sveltekit-1": kit,
  angular: { serving: "files", within: "browser" },
  astro: { serving: "either", servers: ["dist/server/entry.mjs"] },
  mastra: { serving: "either", servers: [".mastra/output/index.mjs"] },
  xmcp: { serving: "either", servers: ["dist/http.js"] },
  nestjs: { serving: "app", servers: ["dist/main.js", "dist/src/main.js"] },
  hono: app,
  express: app,
  h3: app,
  koa: app,
  elysia: app,
  fastify: app,
  node: app,
  bun: app,
  services: app,
  container: elsewhere,
  fastapi: elsewhere,
  flask: elsewhere,
  fasthtml: elsewhere,
  django: elsewhere,
  python: elsewhere,
  ruby: elsewhere,
  rust: elsewhere,
  axum: elsewhere,
  "actix-web": elsewhere,
  go: elsewhere,
};

/** A framework without a rule of its own leaves files, unless the platform, too, runs something for it. */
export function ruleOf(framework: Framework | null): FrameworkRule {
  if (!framework) return app;
  return RULES[framework.slug ?? ""] ?? (framework.useRuntime ? ownServer : { serving: "files" });
}
