import type { Actor, LedgerEvent, Notice, Release } from "@atoms/playbook";

/** Monday noon, 5 January 2026, UTC. */
export const noon = Date.UTC(2026, 0, 5, 12);

export const ada: Actor = { kind: "person", name: "ada", via: "cli" };

let count = 0;

/** An event of its own key unless one is given. */
export function anEvent(change: Partial<LedgerEvent> = {}): LedgerEvent {
  count += 1;
  return {
    key: `key-${count}`,
    kind: "phase.started",
    at: noon + count,
    actor: ada,
    service: "shop",
    environment: "production",
    release: "rel_1",
    data: { phase: "deploy" },
    ...change,
  };
}

export function aRelease(change: Partial<Release> = {}): Release {
  return {
    id: "rel_1",
    service: "shop",
    environment: "production",
    platform: "local",
    strategy: "standard",
    version: "v20260105.120000",
    state: "running",
    phase: "preflight",
    startedBy: ada,
    startedAt: noon,
    source: "digest",
    split: 0,
    ...change,
  };
}

export function aNotice(change: Partial<Notice> = {}): Notice {
  count += 1;
  return {
    key: `rel_1/notice/${count}`,
    service: "shop",
    environment: "production",
    release: "rel_1",
    channel: "#deployments",
    text: "shop v20260105.120000 is on its way",
    dueAt: noon,
    ...change,
  };
}
