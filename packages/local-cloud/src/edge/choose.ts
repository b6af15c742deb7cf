import type { Deployment, RollingRun } from "../model.js";
import { drawArm } from "../rolling/bucket.js";
import { canaryPercentage } from "../rolling/stages.js";
import type { World } from "../world.js";
import type { VisitedBy } from "./headers.js";
import { type HostRedirect, Hosts } from "./hosts.js";
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

const PLAIN = { cookie: null, onCanary: false };
const NOBODY: Choice = { ...PLAIN, deployment: undefined, passage: { kind: "open" } };

/** Decides by host; on production hosts also by a pin of skew protection, and by the rolling release under way. */
export class Chooser {
  readonly #hosts: Hosts;

  constructor(private readonly world: World) {
    this.#hosts = new Hosts(world.state);
  }

  choose(request: VisitedBy, host: string, clientIp: string): Choice {
    const target = this.#hosts.lookup(host);
    if (!target) {
      const redirect = this.#hosts.redirect(host);
      return redirect ? { ...NOBODY, passage: sentTo(redirect, request) } : NOBODY;
    }
    const { state, seal, clock } = this.world;
    const { project, deployment, run } = target;
    const now = clock();
    const pass = passage(request, project, target, seal, now);
    if (target.kind === "production") {
      const pinned = pinnedDeployment(request, project, state, now);
      if (pinned !== undefined) return { ...PLAIN, deployment: pinned ?? undefined, passage: pass };
      if (run) return this.#split(request, run, clientIp, now, pass);
    }
    return { ...PLAIN, deployment, passage: pass };
  }

  #split(request: VisitedBy, run: RollingRun, clientIp: string, now: number, pass: Passage): Choice {
    const url = request.url ?? "/";
    const queryAt = url.indexOf("?");
    const visitor = {
      cookies: request.headers.cookie,
      query: queryAt < 0 ? null : new URLSearchParams(url.slice(queryAt)),
      clientIp,
      userAgent: request.headers["user-agent"] ?? "",
    };
    const { arm, cookie } = drawArm(
      visitor,
      run.projectId,
      run.canaryDeploymentId,
      canaryPercentage(run, now),
    );
    const isCanary = arm === "canary";
    return {
      deployment: this.world.state.deployments.get(isCanary ? run.canaryDeploymentId : run.baseDeploymentId),
      passage: pass,
      cookie,
      onCanary: isCanary && run.config.canaryResponseHeader,
    };
  }
}

/** The same path on another host. The visitor's port is kept: here a host is nothing without the edge's port. */
function sentTo({ to, status }: HostRedirect, request: VisitedBy): Passage {
  const port = /:\d+$/.exec(request.headers.host ?? "")?.[0] ?? "";
  return { kind: "redirect", status, location: `http://${to}${port}${request.url ?? "/"}`, cookie: null };
}
