import { type ApiOptions, vercelApi } from "./api.js";
import { type AliasCalls, aliasCalls } from "./calls/aliases.js";
import { type CheckCalls, checkCalls } from "./calls/checks.js";
import { type DeliveryCalls, deliveryCalls } from "./calls/deliveries.js";
import { type DeploymentCalls, deploymentCalls } from "./calls/deployments.js";
import { type EnvCalls, envCalls } from "./calls/env.js";
import { type FileCalls, fileCalls } from "./calls/files.js";
import { type GlobalConfigCalls, globalConfigCalls } from "./calls/global-config.js";
import { type IdentityCalls, identityCalls } from "./calls/identity.js";
import { type LogCalls, logCalls } from "./calls/logs.js";
import { type ProductionCalls, productionCalls } from "./calls/production.js";
import { type ProjectCalls, projectCalls } from "./calls/projects.js";
import { type RollingReleaseCalls, rollingReleaseCalls } from "./calls/rolling-release.js";

/** The REST API by resource. Every call may throw `VercelError`, or the reason of the signal it was given. */
export interface VercelClient {
  identity: IdentityCalls;
  projects: ProjectCalls;
  files: FileCalls;
  deployments: DeploymentCalls;
  logs: LogCalls;
  aliases: AliasCalls;
  production: ProductionCalls;
  rollingRelease: RollingReleaseCalls;
  env: EnvCalls;
  deliveries: DeliveryCalls;
  checks: CheckCalls;
  globalConfig: GlobalConfigCalls;
  /** Lets go of idle connections. */
  close(): Promise<void>;
}

/**
 * Makes a client. It retries what is safe to repeat (reads, uploads, upserts) on network failures and 5xx, and
 * anything on 429; an act whose outcome is unknown it reports as such, and never repeats.
 */
export function vercelClient(options: ApiOptions): VercelClient {
  const api = vercelApi(options);
  return {
    identity: identityCalls(api),
    projects: projectCalls(api),
    files: fileCalls(api),
    deployments: deploymentCalls(api),
    logs: logCalls(api),
    aliases: aliasCalls(api),
    production: productionCalls(api),
    rollingRelease: rollingReleaseCalls(api),
    env: envCalls(api),
    deliveries: deliveryCalls(api),
    checks: checkCalls(api),
    globalConfig: globalConfigCalls(api),
    close: () => api.close(),
  };
}
