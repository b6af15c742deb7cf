// The layout of the repository as rules: which shelf may use which, and by which door. `npm run check` runs them.
// Why they are as they are: docs/decisions/0001-layout-and-imports.md.
const { readdirSync } = require("node:fs");
const { join } = require("node:path");

/** Files that are no part of a program: tests, contract suites that several implementations share, and their props. */
const test = "([.](test|contract|world|child)[.](ts|mjs)$)|(/src/testing/)|(^tests/)|(^packages/testkit/)";

/** Chapters import no other chapter; strategies, which leads traffic through them, monitoring, which asks as validation does, and emergency, which looks at all of them, have rules of their own. */
const chapters = readdirSync(join(__dirname, "playbook/src"), { withFileTypes: true })
  .filter(
    (entry) =>
      entry.isDirectory() &&
      !["terms", "statistics", "measurement", "strategies", "monitoring", "emergency"].includes(entry.name),
  )
  .map((entry) => entry.name);

const closed = (chapter) => ({
  name: `chapter-${chapter}`,
  comment:
    "A chapter stands on the shared terms alone. What spans chapters is told by the spine or by strategies.",
  severity: "error",
  from: { path: `^playbook/src/${chapter}/`, pathNot: test },
  to: { path: "^playbook/src/", pathNot: `^playbook/src/(${chapter}|terms|statistics)/` },
});

module.exports = {
  forbidden: [
    // The three shelves --------------------------------------------------------------------------------------------
    {
      name: "the-book-knows-no-machinery",
      comment: "playbook/ says what should happen and why; how it is done is handed to it through ports.",
      severity: "error",
      from: { path: "^playbook/src/", pathNot: test },
      to: { path: "^(packages|apps|services|tests)/" },
    },
    {
      name: "the-book-imports-zod-only",
      severity: "error",
      from: { path: "^playbook/src/", pathNot: test },
      to: { path: "node_modules/", pathNot: "node_modules/zod/" },
    },
    {
      name: "the-book-knows-no-node",
      comment: "Files, sockets and processes are the machinery's.",
      severity: "error",
      from: { path: "^playbook/src/", pathNot: test },
      to: { dependencyTypes: ["core"] },
    },
    {
      name: "packages-know-no-apps",
      severity: "error",
      from: { path: "^packages/" },
      to: { path: "^(apps|services)/" },
    },
    {
      name: "the-control-plane-knows-no-command-line",
      severity: "error",
      from: { path: "^apps/control-plane/" },
      to: { path: "^apps/(cli|dashboard)/" },
    },
    {
      name: "a-service-knows-nothing-of-atoms",
      comment: "What is shipped must not depend on what ships it.",
      severity: "error",
      from: { path: "^services/", pathNot: test },
      to: { path: "^(playbook|packages|apps)/" },
    },
    {
      name: "packages-are-entered-by-their-exports",
      comment: "A relative path into another workspace goes round package.json#exports.",
      severity: "error",
      from: { path: "^(playbook|packages/[^/]+|apps/[^/]+|services/[^/]+)/" },
      to: {
        path: "^(playbook|packages|apps|services)/",
        pathNot: "^$1/",
        dependencyTypesNot: ["aliased-workspace"],
      },
    },

    // The chapters of the book ---------------------------------------------------------------------------------------
    {
      name: "terms-know-no-chapter",
      comment: "Shared words and pure mathematics are below every chapter.",
      severity: "error",
      from: { path: "^playbook/src/(terms|statistics)/", pathNot: test },
      to: { path: "^playbook/src/", pathNot: "^playbook/src/(terms|statistics)/" },
    },
    ...chapters.map(closed),
    {
      name: "measurement-probes-as-validation-does",
      comment:
        "Machinery like statistics, on which it stands; probes put validation's questions again and again.",
      severity: "error",
      from: { path: "^playbook/src/measurement/", pathNot: test },
      to: {
        path: "^playbook/src/",
        pathNot: "^playbook/src/(measurement|terms|statistics)/|^playbook/src/validation/index[.]ts$",
      },
    },
    {
      name: "chapter-monitoring",
      comment: "A monitor puts validation's questions to production, again and again; by its door.",
      severity: "error",
      from: { path: "^playbook/src/monitoring/", pathNot: test },
      to: {
        path: "^playbook/src/",
        pathNot: "^playbook/src/(monitoring|terms|statistics)/|^playbook/src/validation/index[.]ts$",
      },
    },
    {
      name: "chapter-emergency",
      comment:
        "A look at an emergency reads what others have written down, and goes back as rollback does; by their doors.",
      severity: "error",
      from: { path: "^playbook/src/emergency/", pathNot: test },
      to: {
        path: "^playbook/src/",
        pathNot:
          "^playbook/src/(emergency|terms|statistics)/|^playbook/src/(alerts|gates|incidents|rollback)/index[.]ts$",
      },
    },
    {
      name: "chapter-strategies",
      comment:
        "A strategy shifts traffic, so it may ask for validation, go back, and say so; each by the other's door.",
      severity: "error",
      from: { path: "^playbook/src/strategies/", pathNot: test },
      to: {
        path: "^playbook/src/",
        pathNot:
          "^playbook/src/(strategies|terms|statistics)/|^playbook/src/(communication|gates|rollback|validation|measurement)/index[.]ts$",
      },
    },
    {
      name: "the-spine-tells-releases",
      comment:
        "release.ts, rollback-by-hand.ts, restart.ts and recover-*.ts lead one release, and release-group.ts several, through the chapters that act, file by file; every other chapter they enter by its door.",
      severity: "error",
      from: {
        path: "^playbook/src/(release|release-group|rollback-by-hand|restart|redeploy|recover-[a-z-]+)[.]ts$",
      },
      to: {
        path: "^playbook/src/",
        pathNot:
          "^playbook/src/(release[.]ts$|redeploy[.]ts$|recover-(end|(breach|outage)-[a-z]+|tell)[.]ts$|[^/]+/index[.]ts$|(communication|rollback|strategies)/)",
      },
    },
    {
      name: "settings-gather-settings",
      comment: "The file's schema is put together from what each chapter says about itself.",
      severity: "error",
      from: { path: "^playbook/src/settings[.]ts$" },
      to: {
        path: "^playbook/src/",
        pathNot:
          "^playbook/src/([^/]+/settings[.]ts$|(monitoring|on-call)/plan[.]ts$|strategies/strategy-kind[.]ts$|terms/index[.]ts$|service-defaults[.]ts$|sign-in[.]ts$)",
      },
    },
    {
      name: "chapters-are-entered-by-their-door",
      severity: "error",
      from: {
        path: "^playbook/src/[^/]+[.]ts$",
        pathNot: [
          "/(release|release-group|rescue|rollback-by-hand|restart|redeploy|recover-[a-z-]+|settings)[.]ts$",
          test,
        ],
      },
      to: { path: "^playbook/src/[^/]+/", pathNot: "^playbook/src/[^/]+/index[.]ts$" },
    },

    // One home per thing ---------------------------------------------------------------------------------------------
    {
      name: "one-home-for-the-flow-engine",
      comment: "Everybody else knows the port Flow, so that another engine is one package.",
      severity: "error",
      from: { path: "^(playbook|packages|apps|services|tests)/", pathNot: "^packages/engine/" },
      to: { path: "node_modules/@dbos-inc/" },
    },
    {
      name: "one-home-for-sql",
      comment:
        "The engine asks DBOS's own tables about lost workers; packages/databases looks after those of services; the service keeps its own data.",
      severity: "error",
      from: { path: "^(playbook|packages|apps)/", pathNot: "^packages/(engine|store|databases)/" },
      to: { path: "node_modules/(pg|@electric-sql)/" },
    },
    {
      name: "one-home-for-outgoing-http",
      comment:
        "packages/vercel speaks to platforms and hands out the port Http; the local cloud forwards requests. Nobody else opens connections.",
      severity: "error",
      from: {
        path: "^(playbook|packages|apps|services)/",
        pathNot: ["^packages/(vercel|local-cloud)/", "^apps/control-plane/src/api/client[.]ts$", test],
      },
      to: { path: "node_modules/undici/" },
    },
    {
      name: "the-local-cloud-knows-no-playbook",
      comment: "It is a platform like another: it knows the wire, not who is calling.",
      severity: "error",
      from: { path: "^packages/local-cloud/", pathNot: test },
      to: { path: "^(playbook|packages|apps)/", pathNot: "^packages/(local-cloud|vercel)/" },
    },
    {
      name: "the-testkit-is-for-tests",
      severity: "error",
      from: { pathNot: test },
      to: { path: "^packages/testkit/" },
    },
    {
      name: "programs-know-no-tests",
      severity: "error",
      from: { path: "^(playbook|packages|apps|services)/", pathNot: test },
      to: { path: test },
    },

    // Everywhere -------------------------------------------------------------------------------------------------------
    {
      name: "no-circles",
      comment: "Types count: two files that need each other's types are one thing or lack a third.",
      severity: "error",
      from: {},
      to: { circular: true },
    },
    {
      name: "everything-resolves",
      severity: "error",
      from: {},
      to: { couldNotResolve: true },
    },
    {
      name: "no-undeclared-packages",
      comment: "A package that is there by luck is gone after the next update.",
      severity: "error",
      from: { path: "^(playbook|packages|apps|services)/", pathNot: test },
      to: { dependencyTypes: ["npm-no-pkg", "npm-unknown"] },
    },
    {
      name: "programs-need-no-development-packages",
      severity: "error",
      from: { path: "/src/", pathNot: test },
      to: { dependencyTypes: ["npm-dev"], dependencyTypesNot: ["npm", "type-only"] },
    },
  ],
  options: {
    doNotFollow: { path: "node_modules" },
    // What we build ourselves; what others publish often stands in a folder of that name too.
    // The official tools of the local cloud's own suite are large, and installed by that suite alone.
    exclude: {
      path: [
        "^(playbook|packages/[^/]+|apps/[^/]+|services/[^/]+)/(dist|deploy)/",
        "^packages/local-cloud/official/",
        "/[.]atoms/",
      ],
    },
    // Types count as imports: a cycle of types is a cycle of thoughts.
    tsPreCompilationDeps: true,
    tsConfig: { fileName: "tsconfig.check.json" },
    // Without the root's manifest it does not know the workspaces.
    combinedDependencies: true,
    enhancedResolveOptions: {
      exportsFields: ["exports"],
      conditionNames: ["atoms:source", "import", "node", "default", "types"],
      mainFields: ["module", "main", "types"],
    },
  },
};
