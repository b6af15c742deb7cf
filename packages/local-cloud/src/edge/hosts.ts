import type { State } from "../folder/state.js";
import type { Deployment, Project, RollingRun } from "../model.js";
import { productionHosts } from "../production.js";

/** What a host name shows. */
export interface HostTarget {
  readonly host: string;
  /** `deployment`: the deployment's own host; `alias`: a host pointed at it; `production`: the project's production. */
  readonly kind: "deployment" | "alias" | "production";
  readonly deploymentId: string;
  readonly project: Project | undefined;
  readonly deployment: Deployment | undefined;
  /** The rolling release that splits the host's visitors, of which it shows the base. */
  readonly run: RollingRun | undefined;
}

/** A host that answers with another host's address. */
export interface HostRedirect {
  readonly to: string;
  readonly status: number;
}

/** Finds what a host shows. The table is made anew only when the cloud's state has changed. */
export class Hosts {
  #version = -1;
  #targets = new Map<string, HostTarget>();
  #redirects = new Map<string, HostRedirect>();

  constructor(private readonly state: State) {}

  lookup(host: string): HostTarget | undefined {
    if (this.#version !== this.state.ledger.version) this.#rebuild();
    return this.#targets.get(host);
  }

  /** Where a domain sends its visitors that serves nothing itself. */
  redirect(host: string): HostRedirect | undefined {
    if (this.#version !== this.state.ledger.version) this.#rebuild();
    return this.#redirects.get(host);
  }

  #rebuild(): void {
    this.#version = this.state.ledger.version;
    const { aliases, deployments, projects, rollingRuns } = this.state;
    const targets = new Map<string, HostTarget>();
    for (const deployment of deployments.all()) {
      const { id: deploymentId, url: host, projectId } = deployment;
      const project = projects.get(projectId);
      targets.set(host, { host, kind: "deployment", deploymentId, project, deployment, run: undefined });
    }
    const production = new Set(projects.all().flatMap(productionHosts));
    this.#redirects = new Map();
    for (const { name, redirect, redirectStatusCode } of projects.all().flatMap(({ domains }) => domains)) {
      if (redirect !== null) this.#redirects.set(name, { to: redirect, status: redirectStatusCode ?? 308 });
    }
    const runs = new Map(
      rollingRuns.filter(({ state }) => state === "ACTIVE").map((run) => [run.projectId, run]),
    );
    for (const { alias, deploymentId, projectId } of aliases.all()) {
      const kind = production.has(alias) ? "production" : "alias";
      const run = kind === "production" ? runs.get(projectId) : undefined;
      targets.set(alias, {
        host: alias,
        kind,
        deploymentId,
        project: projects.get(projectId),
        deployment: deployments.get(deploymentId),
        run: run?.baseDeploymentId === deploymentId ? run : undefined,
      });
    }
    this.#targets = targets;
  }
}
