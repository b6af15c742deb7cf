import type { IncomingMessage } from "node:http";
import type { Deployment } from "../model.js";
import { drawArm } from "../rolling/bucket.js";
import { canaryPercentage } from "../rolling/stages.js";
import type { World } from "../world.js";
import { type HostRedirect, Hosts, type HostTarget } from "./hosts.js";
import { type Passage, passage } from "./protection.js";
import { pinnedDeployment } from "./skew.js";

/** Which deployment answers a request. */
export interface Choice {
  readonly deployment: Deployment | undefined;
  readonly passage: Passage;
  /** A cookie for the visitor; null for none. */
  readonly cookie: string | null;
  /** The answer comes from a canary whose configuration asks for a header that says so. */
  readonly onCanary: boolean;
}

const NO_QUERY = new URLSearchParams();
const NOBODY: Choice = { deployment: undefined, passage: { kind: "open" }, cookie: null, onCanary: false };

/** Decides by host; on production hosts also by a pin of skew protection, and by the rolling release under way. */
export class Chooser {
  readonly #hosts: Hosts;

  constructor(private readonly world: World) {
    this.#hosts = new Hosts(world.state);
  }

  choose(request: IncomingMessage, host: string, clientIp: string): Choice {
    const target = this.#hosts.lookup(host);
    if (!target) {
      const redirect = this.#hosts.redirect(host);
      return redirect ? { ...NOBODY, passage: sentTo(redirect, request) } : NOBODY;
    }
    const { state, seal, clock } = this.world;
    const project = state.projects.get(target.projectId);
    const plain: Choice = {
      deployment: state.deployments.get(target.deploymentId),
      passage: passage(request, project, target, seal, clock()),
      cookie: null,
      onCanary: false,
    };
    if (target.kind !== "production") return plain;
    const pinned = pinnedDeployment(request, project, state, clock());
    if (pinned !== undefined) return { ...plain, deployment: pinned ?? undefined };
    return this.#split(request, target, clientIp, plain);
  }

  #split(request: IncomingMessage, target: HostTarget, clientIp: string, plain: Choice): Choice {
    const { state, production, clock } = this.world;
    const run = production.rolling.active(target.projectId);
    if (!run || target.deploymentId !== run.baseDeploymentId) return plain;
    const url = request.url ?? "/";
    const queryAt = url.indexOf("?");
    const visitor = {
      cookies: request.headers.cookie,
      query: queryAt < 0 ? NO_QUERY : new URLSearchParams(url.slice(queryAt)),
      clientIp,
      userAgent: request.headers["user-agent"] ?? "",
    };
    const drawn = drawArm(visitor, run.projectId, run.canaryDeploymentId, canaryPercentage(run, clock()));
    const isCanary = drawn.arm === "canary";
    return {
      ...plain,
      deployment: state.deployments.get(isCanary ? run.canaryDeploymentId : run.baseDeploymentId),
      cookie: drawn.cookie,
      onCanary: isCanary && run.config.canaryResponseHeader,
    };
  }
}

/** The same path on another host. The visitor's port is kept: here a host is nothing without the edge's port. */
function sentTo({ to, status }: HostRedirect, request: IncomingMessage): Passage {
  const port = /:\d+$/.exec(request.headers.host ?? "")?.[0] ?? "";
  return { kind: "redirect", status, location: `http://${to}${port}${request.url ?? "/"}`, cookie: null };
}
