import type { IncomingMessage } from "node:http";
import type { Deployment } from "../model.js";
import { drawArm } from "../rolling/bucket.js";
import { canaryPercentage } from "../rolling/stages.js";
import type { World } from "../world.js";
import { Hosts } from "./hosts.js";

/** Which deployment answers a request. */
export interface Choice {
  readonly deployment: Deployment | undefined;
  /** A cookie for the visitor; null for none. */
  readonly cookie: string | null;
  /** The answer comes from a canary whose configuration asks for a header that says so. */
  readonly onCanary: boolean;
}

const NOBODY: Choice = { deployment: undefined, cookie: null, onCanary: false };

/** Decides by host, and on production hosts by the rolling release under way. */
export class Chooser {
  readonly #hosts: Hosts;

  constructor(private readonly world: World) {
    this.#hosts = new Hosts(world.state);
  }

  choose(request: IncomingMessage, host: string, clientIp: string): Choice {
    const target = this.#hosts.lookup(host);
    if (!target) return NOBODY;
    const { state, production, clock } = this.world;
    const run = target.kind === "production" ? production.rolling.active(target.projectId) : undefined;
    if (!run || target.deploymentId !== run.baseDeploymentId) {
      return { deployment: state.deployments.get(target.deploymentId), cookie: null, onCanary: false };
    }
    const url = request.url ?? "/";
    const visitor = {
      cookies: request.headers.cookie,
      query: new URLSearchParams(url.slice(url.indexOf("?") < 0 ? url.length : url.indexOf("?"))),
      clientIp,
      userAgent: request.headers["user-agent"] ?? "",
    };
    const drawn = drawArm(visitor, run.projectId, run.canaryDeploymentId, canaryPercentage(run, clock()));
    const isCanary = drawn.arm === "canary";
    return {
      deployment: state.deployments.get(isCanary ? run.canaryDeploymentId : run.baseDeploymentId),
      cookie: drawn.cookie,
      onCanary: isCanary && run.config.canaryResponseHeader,
    };
  }
}
