import { EventEmitter } from "node:events";
import type { Deployment } from "./model.js";

/** Something that webhooks are told of. */
export interface Announcement {
  /** E.g. `deployment.promoted`. */
  readonly type: string;
  /** Null when no project is concerned. */
  readonly projectId: string | null;
  readonly payload: Readonly<Record<string, unknown>>;
}

/** What happens in the cloud, for those who follow it. */
export class Happenings extends EventEmitter<{ deployment: [Deployment]; announcement: [Announcement] }> {
  constructor() {
    super();
    this.setMaxListeners(0);
  }

  announce(type: string, projectId: string | null, payload: Readonly<Record<string, unknown>>): void {
    this.emit("announcement", { type, projectId, payload });
  }
}
