import { announceEnd, announceRollback } from "./communication/announce.js";
import type { ReleaseOutcome } from "./release.js";
import { rollBack } from "./rollback/index.js";
import { type RescueFacts, rescueMove } from "./rollback/rescue-move.js";
import { openItsIncident } from "./strategies/open-incident.js";
import type { ReleaseOrder, ReleaseWorld } from "./strategies/ports.js";
import { releaseLost, rescueFailed, unexpectedFailure } from "./strategies/problems.js";
import { problemOf } from "./strategies/run.js";
import {
  atomsItself,
  type Flow,
  type FlowDefinition,
  isInterruption,
  type LedgerEvent,
} from "./terms/index.js";

/** What bringing a lost release to safety is started with. Plain data. */
export type RescueOrder = Pick<
  ReleaseOrder,
  "release" | "service" | "environment" | "platform" | "version" | "startedAt" | "playbook" | "folder"
> & {
  /** Why nobody can go on with it, in words that end a sentence. */
  because: string;
};

/**
 * Brings a release to a safe end that nobody can go on with: it was started by a version of Atoms whose flows this one
 * does not have, or what was written down of it is lost. Its own flow has been given up before, so nobody else acts for it.
 * Traffic stays on, or returns to, the last good deployment, proven on every host; then the end is written as any other.
 */
export function rescueFlow(
  worldOf: (order: RescueOrder) => Promise<ReleaseWorld>,
): FlowDefinition<RescueOrder, ReleaseOutcome> {
  return {
    name: "rescue",
    version: 1,
    async run(flow, order) {
      const rescue = new Rescue(flow, order, await worldOf(order));
      return rescue.toTheEnd();
    },
  };
}

/** Reads and writes are asked again for as long as this, and then for as long as going back may take. */
const patience = { attempts: 30, timeoutMs: 300_000 };

class Rescue {
  constructor(
    private readonly flow: Flow,
    private readonly order: RescueOrder,
    private readonly world: ReleaseWorld,
  ) {}

  async toTheEnd(): Promise<ReleaseOutcome> {
    const { release } = this.order;
    let outcome: ReleaseOutcome;
    try {
      outcome = await this.toSafety();
    } catch (error) {
      if (isInterruption(error)) throw error;
      const worse = problemOf(error, () => unexpectedFailure({ release }));
      const problem = rescueFailed({ release, because: this.order.because, worse }).toJSON();
      outcome = { state: "unsafe", because: problem.happened, problem };
    }
    await this.end(outcome);
    return outcome;
  }

  private async toSafety(): Promise<ReleaseOutcome> {
    const { release, because } = this.order;
    const facts = await this.flow.step("look where traffic is", (signal) => this.look(signal), patience);
    const move = rescueMove(facts);
    const lost = (traffic: string) => releaseLost({ release, because, traffic }).toJSON();
    if (move.do === "leave") {
      const problem = lost(`${move.because[0]?.toUpperCase()}${move.because.slice(1)}.`);
      await this.clearStages();
      if (move.state === "released") return { state: "released", because: move.because };
      return { state: "failed", because: problem.happened, problem };
    }
    const back = await this.goBack(facts, move.to);
    await this.clearStages();
    const problem = lost(`Production serves ${back} again, proven on every host.`);
    return {
      state: "rolled back",
      because: `${problem.happened} Production serves ${back} again.`,
      problem: { ...problem, ending: "rolled back" },
    };
  }

  /** What the ledger, the store and the platform say, each of what it alone knows. */
  private async look(signal: AbortSignal): Promise<{ [K in keyof RescueFacts]: RescueFacts[K] }> {
    const { release } = this.order;
    const { platform, releases, ledger } = this.world;
    await ledger.append([this.event("rescue.started", "rescue/started", { because: this.order.because })]);
    const record = await releases.get(release);
    const told = await ledger.read({ release, limit: 10_000 });
    const decided = told.find(({ kind }) => kind === "rollback.decided")?.data["to"];
    const [production, rollout, made] = [
      await platform.production(signal),
      await platform.rollout(signal),
      record?.candidate ?? (await platform.findDeployment(release, signal)),
    ];
    return {
      candidate: made?.id,
      before: record?.previous?.id,
      moved: told.some(({ kind }) => kind.startsWith("traffic.")),
      proven: told.some(({ kind }) => kind === "deployment.proven"),
      decided: typeof decided === "string" ? decided : undefined,
      serving: production.deployment?.id,
      moving: production.moving?.to,
      rolling: rollout?.state === "active" ? rollout.candidate : undefined,
    };
  }

  /** @returns what production serves then. @throws as `rollBack` does. */
  private async goBack(facts: RescueFacts, to: string | undefined): Promise<string> {
    const { flow, world, order } = this;
    const { release, service, environment } = order;
    const because = `${release} could not be gone on with: ${order.because}`;
    const deadline = world.settings.deadlines.rollback;
    const since = await flow.step(
      "begin to go back",
      async () => {
        const at = world.clock.now();
        const activity = { phase: "rollback", doing: "going back", since: at, until: at + deadline } as const;
        await world.releases.change(release, { phase: "rollback", activity }, [
          this.event("phase.started", "rescue/rollback/started", { phase: "rollback", because }, at),
        ]);
        return at;
      },
      patience,
    );
    await announceRollback(flow, world, { ...this.announcement(), because });
    const back = await rollBack(flow, world, world.settings.rollback, {
      ...{ service, environment, release, because },
      from: facts.candidate,
      // What was there before is preferred while it can serve; where a rollback was decided, it leads there again.
      to: to === facts.decided ? to : undefined,
      before: to,
      actor: atomsItself,
      until: since + deadline,
    });
    await this.change("gone back", { split: 0 }, [
      this.event("phase.finished", "rescue/rollback/finished", {
        phase: "rollback",
        ms: back.ms,
        to: back.to.id,
      }),
    ]);
    return back.to.id;
  }

  /** Stages left in the project's settings would make the next promote a staged one. */
  private async clearStages(): Promise<void> {
    const { platform } = this.world;
    await this.flow
      .step("clear the stages", (signal) => platform.clearRollout(signal), { attempts: 4 })
      .catch((error: unknown) => {
        // Traffic is where it has to be; the next release takes them out before it moves any.
        if (isInterruption(error)) throw error;
      });
  }

  private async end(outcome: ReleaseOutcome): Promise<void> {
    const { flow, world, order } = this;
    await announceEnd(flow, world, { ...this.announcement(), ...outcome });
    await openItsIncident(flow, world, { ...outcome, title: `release ${order.version}` });
    const endedAt = await flow.now();
    const { state, because, problem } = outcome;
    const data = { state, because, problem: problem?.code ?? null, ms: endedAt - order.startedAt };
    await this.change("end", { ...outcome, endedAt }, [this.event("release.ended", "ended", data, endedAt)]);
  }

  private announcement() {
    const { release, service, environment, version } = this.order;
    return { release, service, environment, version, plan: this.world.settings.plan };
  }

  private async change(
    name: string,
    change: Parameters<ReleaseWorld["releases"]["change"]>[1],
    events: readonly LedgerEvent[],
  ): Promise<void> {
    const { releases } = this.world;
    await this.flow.step(
      name,
      async () => void (await releases.change(this.order.release, change, events)),
      patience,
    );
  }

  private event(
    kind: string,
    key: string,
    data: LedgerEvent["data"],
    at = this.world.clock.now(),
  ): LedgerEvent {
    const { release, service, environment } = this.order;
    return { key: `${release}/${key}`, kind, at, actor: atomsItself, service, environment, release, data };
  }
}
