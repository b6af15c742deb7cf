import { timingSafeEqual } from "node:crypto";
import { Hono } from "hono";
import type { World } from "../world.js";
import { aliasRoutes } from "./aliases.js";
import { ApiError, answerError } from "./api-error.js";
import { attackModeRoutes } from "./attack-mode.js";
import { buildEventRoutes } from "./build-events.js";
import { checkRoutes } from "./checks.js";
import { createDeploymentRoutes } from "./create-deployment.js";
import { cronRoutes } from "./crons.js";
import { customEnvironmentRoutes } from "./custom-environments.js";
import { deploymentRoutes } from "./deployments.js";
import { domainRoutes } from "./domains.js";
import { drainRoutes } from "./drains.js";
import { envRoutes } from "./env.js";
import { Faults } from "./faults.js";
import { fileRoutes } from "./files.js";
import { globalConfigReading, globalConfigRoutes } from "./global-config.js";
import { identityRoutes } from "./identity.js";
import { instanceRoutes } from "./instances.js";
import { metricsRoutes } from "./metrics.js";
import { observabilityRoutes } from "./observability.js";
import { productionRoutes } from "./production-routes.js";
import { projectRoutes } from "./projects.js";
import { protectionBypassRoutes } from "./protection-bypass.js";
import { requestLogRoutes } from "./request-logs.js";
import { rollingReleaseRoutes } from "./rolling-release.js";
import { runtimeLogRoutes } from "./runtime-log-routes.js";
import { webhookRoutes } from "./webhooks.js";

const FAMILIES = [
  identityRoutes,
  fileRoutes,
  createDeploymentRoutes,
  buildEventRoutes,
  deploymentRoutes,
  aliasRoutes,
  domainRoutes,
  productionRoutes,
  envRoutes,
  runtimeLogRoutes,
  requestLogRoutes,
  drainRoutes,
  rollingReleaseRoutes,
  customEnvironmentRoutes,
  observabilityRoutes,
  metricsRoutes,
  instanceRoutes,
  cronRoutes,
  checkRoutes,
  protectionBypassRoutes,
  attackModeRoutes,
  globalConfigRoutes,
  webhookRoutes,
  projectRoutes,
];

/**
 * The REST API. The version number and a `/now` segment in a path are optional and make no difference.
 * @param faultsAllowed whether calls may be made to fail on purpose
 */
export function restApi(world: World, faultsAllowed: boolean): Hono {
  const app = new Hono({ getPath: (request) => plainPath(new URL(request.url).pathname) });
  app.onError(answerError);
  app.notFound((c) =>
    c.json(
      { error: { code: "not_found", message: `The path ${new URL(c.req.url).pathname} was not found.` } },
      404,
    ),
  );
  globalConfigReading(app, world);
  app.use(async (c, next) => {
    checkToken(c.req.header("authorization"), world.identity.token);
    checkScope(world, c.req.query("teamId"), c.req.query("slug"));
    await next();
  });
  if (faultsAllowed) {
    const faults = new Faults(world.random, world.regions);
    faults.routes(app);
    app.use(faults.middleware());
  }
  for (const family of FAMILIES) family(app, world);
  return app;
}

/** `/v3/now/deployments/x` and `/deployments/x` are the same resource. */
export function plainPath(path: string): string {
  const plain = path.replace(/^\/v\d+(?=\/)/, "").replace(/^\/now(?=\/)/, "");
  return plain.length > 1 ? plain.replace(/\/$/, "") : plain;
}

function checkToken(header: string | undefined, token: string): void {
  const given = header?.match(/^Bearer\s+(.+)$/i)?.[1];
  if (given === undefined) {
    throw new ApiError(403, "forbidden", "The request is missing an authentication token", {
      missingToken: true,
    });
  }
  const a = Buffer.from(given.trim());
  const b = Buffer.from(token);
  if (a.length !== b.length || !timingSafeEqual(a, b)) {
    throw new ApiError(403, "forbidden", "Not authorized", { invalidToken: true });
  }
}

/** A user id is accepted as a team, because the official CLI sends it as one. */
function checkScope(world: World, teamId: string | undefined, slug: string | undefined): void {
  const { team, user } = world.identity;
  const wrongTeam =
    teamId !== undefined && teamId !== "" && teamId !== team.id && teamId !== user.id && teamId !== team.slug;
  const wrongSlug = slug !== undefined && slug !== "" && slug !== team.slug && slug !== user.username;
  if (wrongTeam || wrongSlug) {
    throw new ApiError(
      403,
      "forbidden",
      `Not authorized: Trying to access resource under scope "${teamId ?? slug}".`,
    );
  }
}
