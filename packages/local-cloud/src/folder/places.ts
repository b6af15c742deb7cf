import { join } from "node:path";

/** Where things are in the cloud's folder. */
export class Places {
  constructor(readonly folder: string) {}

  get key(): string {
    return join(this.folder, "seal.key");
  }
  get blobs(): string {
    return join(this.folder, "files");
  }
  get dependencies(): string {
    return join(this.folder, "dependencies");
  }
  get processes(): string {
    return join(this.folder, "processes");
  }
  get requests(): string {
    return join(this.folder, "logs", "requests.ndjson");
  }
  get waiting(): string {
    return join(this.folder, "waiting");
  }
  /** What a drain's receiver has not taken yet. */
  waitingFor(drainId: string): string {
    return join(this.waiting, drainId);
  }
  deployment(id: string): string {
    return join(this.folder, "deployments", id);
  }
  manifest(id: string): string {
    return join(this.deployment(id), "files.json");
  }
  source(id: string): string {
    return join(this.deployment(id), "source");
  }
  /** Home and temporary folder of the deployment's processes. */
  home(id: string): string {
    return join(this.deployment(id), "home");
  }
  buildLog(id: string): string {
    return join(this.deployment(id), "build.ndjson");
  }
  runtimeLog(id: string): string {
    return join(this.deployment(id), "runtime.ndjson");
  }
}
