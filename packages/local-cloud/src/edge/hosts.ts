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

/** Finds what a host shows. The table is made anew only when the cloud's state has changed. */
export class Hosts {
  #version = -1;
  #targets = new Map<string, HostTarget>();

  constructor(private readonly state: State) {}

  lookup(host: string): HostTarget | undefined {
    if (this.#version !== this.state.ledger.version) this.#rebuild();
    return this.#targets.get(host);
  }

  #rebuild(): void {
    this.#version = this.state.ledger.version;
    const targets = new Map<string, HostTarget>();
    for (const { id, url, projectId } of this.state.deployments.all()) {
      targets.set(url, { host: url, kind: "deployment", deploymentId: id, projectId });
    }
    const production = new Set(this.state.projects.all().flatMap(productionHosts));
    for (const { alias, deploymentId, projectId } of this.state.aliases.all()) {
      const kind = production.has(alias) ? "production" : "alias";
      targets.set(alias, { host: alias, kind, deploymentId, projectId });
    }
    this.#targets = targets;
  }
}
