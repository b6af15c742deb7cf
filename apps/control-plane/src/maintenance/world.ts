import {
  type MaintenanceOrder,
  type MaintenanceWorld,
  maintenanceRulesOf,
  type Silence,
  silenceEvent,
} from "@atoms/playbook";
import type { ControlPlane, OpenPlaybook } from "../control-plane.js";
import { page, resolveAPage } from "../on-call/index.js";
import { lookAtDoors } from "./door.js";
import { flagOf } from "./flag.js";
import { playbookOf } from "./opened.js";
import { runTask } from "./tasks/run.js";

const actor = { kind: "atoms", name: "atoms", via: "flow" } as const;
/** Which hosts production has is asked again after so long, in milliseconds. */
const hostsKeptMs = 30_000;

/** What the flow of maintenance stands on, in the real world. */
export function maintenanceWorld(plane: ControlPlane): MaintenanceWorld {
  const hostsOf = new Map<string, { at: number; hosts: string[] }>();

  const hostsNow = async (order: MaintenanceOrder, open: OpenPlaybook, signal: AbortSignal) => {
    const known = hostsOf.get(order.maintenance);
    const now = plane.clock.monotonic();
    if (known !== undefined && now - known.at < hostsKeptMs) return known.hosts;
    const { hosts } = await (await open.platform()).production(signal);
    hostsOf.set(order.maintenance, { at: now, hosts });
    return hosts;
  };

  return {
    clock: plane.clock,
    rules: async (order) => maintenanceRulesOf((await playbookOf(plane, order)).settings),

    async put(notices, events) {
      const { outbox } = await plane.store();
      await outbox.put(notices, events);
      if (notices.length > 0) plane.bells.notices.ring();
    },

    async mute(order, endsAt) {
      const { alerts } = await plane.store();
      if ((await alerts.getSilence(muteOf(order))) !== undefined) return;
      const now = plane.clock.now();
      const { maintenance, service, environment } = order;
      const silence: Silence = {
        id: muteOf(order),
        service,
        environment,
        matchers: [{ label: "service", operator: "=", value: service }],
        comment: order.because,
        source: { kind: "maintenance", id: maintenance },
        startsAt: now,
        endsAt,
      };
      const { comment } = silence;
      const events = [silenceEvent("silence.added", silence, now, { comment }, actor)];
      await alerts.commit({ alerts: [], silences: [silence], notices: [], events });
    },

    async unmute(order) {
      const { alerts } = await plane.store();
      const silence = await alerts.getSilence(muteOf(order));
      const now = plane.clock.now();
      if (silence === undefined || silence.endedAt !== undefined) return;
      const ended: Silence = { ...silence, endedAt: now, endsAt: Math.min(silence.endsAt, now) };
      const because = "the maintenance has ended";
      const events = [silenceEvent("silence.ended", silence, now, { because }, actor)];
      await alerts.commit({ alerts: [], silences: [ended], notices: [], events });
    },

    async setFlag(order, on, signal) {
      const { maintenance, because, until } = order;
      const value = on
        ? { on, maintenance, because, until: new Date(until).toISOString() }
        : { on, maintenance };
      await flagOf(await playbookOf(plane, order)).set(value, signal);
    },

    async setVariable(order, on, signal) {
      const open = await playbookOf(plane, order);
      const platform = await open.platform();
      await platform.setVariable(open.settings.maintenance.variable, String(on), { secret: false }, signal);
    },

    async look(order, signal) {
      const open = await playbookOf(plane, order);
      return lookAtDoors(plane, open, await open.platform(), await hostsNow(order, open, signal), signal);
    },

    async serving(order, signal) {
      try {
        const platform = await (await playbookOf(plane, order)).platform();
        return (await platform.production(signal)).deployment?.id;
      } catch (error) {
        signal.throwIfAborted();
        plane.reportBug("asking what production serves in maintenance", error);
        return undefined;
      }
    },

    runTask: async (order, task, forMs, signal) =>
      runTask(plane, await playbookOf(plane, order), order, task, forMs, signal),

    async page(order, problem) {
      const { maintenance, service, environment, playbook } = order;
      await page(plane, {
        playbook: playbook.path,
        platform: playbook.platform,
        id: maintenance,
        service,
        environment,
        severity: "P1",
        title: `${service} in ${environment} stays in maintenance: ${problem.title.toLowerCase()}`,
        details: `${problem.code} ${problem.happened} ${problem.fix}`,
        about: { kind: "maintenance", id: maintenance },
        actor,
      });
    },

    async endPage(order) {
      await resolveAPage(plane, order.maintenance, { by: actor, via: "atoms" });
    },
  };
}

const muteOf = ({ maintenance }: MaintenanceOrder) => `mute_${maintenance}`;
