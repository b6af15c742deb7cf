import { isProblem, type Problem } from "@atoms/playbook";
import type { ControlPlane, PlaybookRef } from "../control-plane.js";
import { page, pageIdOf, resolveAPage } from "../on-call/index.js";
import { actOn } from "./act.js";
import { keepEvaluating, watchEvaluation } from "./keep-evaluating.js";
import { sampleCache } from "./sample-cache.js";
import { setupKeeper } from "./setup.js";
import type { AlertWorld } from "./world.js";

const actor = { kind: "atoms", name: "atoms", via: "schedule" } as const;

/**
 * Evaluates the playbook's alerts in the background until the control plane closes, under a watchdog that shares nothing
 * with it.
 * @returns When both have ended.
 */
export async function runAlerts(plane: ControlPlane, ref: PlaybookRef, signal: AbortSignal): Promise<void> {
  const onError = (doing: string, error: unknown) => {
    if (isProblem(error)) print(error, doing);
    else plane.reportBug(doing, error);
  };
  const setup = setupKeeper(plane, ref, (error) => onError("reading the playbook's alerts", error));
  const store = await plane.store();
  const world: AlertWorld = {
    clock: plane.clock,
    bell: plane.bells.turns,
    alerts: {
      ...store.alerts,
      async commit(change) {
        await store.alerts.commit(change);
        if (change.notices.length > 0) plane.bells.notices.ring();
      },
    },
    releases: store.releases,
    samples: sampleCache(async (query) => {
      const { service, environment } = await setup();
      return store.samples.read({ service, environment, ...query });
    }),
    setup,
    act: (alert, action, current) => actOn(plane, ref, alert, action, current),
    async pageAcknowledgedBy(alert) {
      const known = await store.onCall.page(pageIdOf(alert.id));
      return known?.state === "acknowledged" ? (known.acknowledgedBy?.name ?? "somebody") : undefined;
    },
    onError,
  };
  await Promise.all([
    keepEvaluating(world, signal),
    watchEvaluation(
      {
        clock: plane.clock,
        setup: setupKeeper(plane, ref, () => undefined),
        lastEvaluated: (service, environment) => store.alerts.lastEvaluated(service, environment),
        put: (notices, events) => store.outbox.put(notices, events),
        async page(id, title, { service, environment }) {
          await page(plane, {
            ...ref,
            id,
            service,
            environment,
            severity: "critical",
            title,
            about: { kind: "alert", id },
            actor,
          });
        },
        async endPage(id) {
          await resolveAPage(plane, id, { by: actor, via: "atoms" });
        },
        onError,
      },
      signal,
    ),
  ]);
}

/** A line in the control plane's log. */
function print({ code, title, happened, fix }: Problem, doing: string): void {
  console.error(JSON.stringify({ at: new Date().toISOString(), doing, code, title, happened, fix }));
}
