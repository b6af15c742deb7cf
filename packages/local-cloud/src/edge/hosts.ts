import type { State } from "../folder/state.js";
import { productionHosts } from "../production.js";

/** What a host name shows. */
export interface HostTarget {
  readonly host: string;
  /** `deployment`: the deployment's own host; `alias`: a host pointed at it; `production`: the project's production. */
  readonly kind: "deployment" | "alias" | "production";
  readonly deploymentId: string;
  readonly projectId: string;
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
    const targets = new Map<string, HostTarget>();
    for (const { id, url, projectId } of this.state.deployments.all()) {
      targets.set(url, { host: url, kind: "deployment", deploymentId: id, projectId });
    }
    const projects = this.state.projects.all();
    const production = new Set(projects.flatMap(productionHosts));
    this.#redirects = new Map();
    for (const { name, redirect, redirectStatusCode } of projects.flatMap(({ domains }) => domains)) {
      if (redirect !== null) this.#redirects.set(name, { to: redirect, status: redirectStatusCode ?? 308 });
    }
    for (const { alias, deploymentId, projectId } of this.state.aliases.all()) {
      const kind = production.has(alias) ? "production" : "alias";
      targets.set(alias, { host: alias, kind, deploymentId, projectId });
    }
    this.#targets = targets;
  }
}
