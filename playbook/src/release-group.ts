import {
  groupAborted,
  groupEnd,
  groupFailed,
  groupSplit,
  type MemberEnd,
  mayGoOn,
  toBringBack,
} from "./groups/index.js";
import type { ReleaseOutcome } from "./release.js";
import { openAll, openOne, rollbackOf } from "./strategies/open-releases.js";
import type { ReleaseOrder, RollbackByHandOrder } from "./strategies/ports.js";
import { unexpectedFailure } from "./strategies/problems.js";
import { type Command, commandSignal, problemOf } from "./strategies/run.js";
import {
  type Actor,
  atomsItself,
  type Clock,
  type Flow,
  type FlowDefinition,
  isInterruption,
  type Ledger,
  type LedgerEvent,
  type Platform,
  type PlatformName,
  type ProblemData,
  type Release,
  type Releases,
} from "./terms/index.js";

/** One service of a group, with the names that its releases will have, so that a repeated step starts nothing twice. */
export type MemberOrder = {
  release: ReleaseOrder;
  /** Id of the rollback that brings it back, if it comes to that. */
  back: string;
};

/** What the release of a group is started with. Plain data. */
export type GroupOrder = {
  release: string;
  group: string;
  environment: string;
  platform: PlatformName;
  version: string;
  actor: Actor;
  startedAt: number;
  /** Services that are released at the same time, one stage after the other. */
  stages: MemberOrder[][];
};

/** What the release of a group needs from outside. */
export interface GroupWorld {
  releases: Releases;
  ledger: Ledger;
  clock: Clock;
  /** The platform of one member. */
  platform(member: MemberOrder): Promise<Platform>;
}

/** The longest a member is expected to take; shown, and not enforced: each member has deadlines of its own. */
const expectedMs = 3_600_000;

/**
 * Releases several services in order, all or back: each member is a release of its own, run as a child; when one fails,
 * those that are released already are brought back, the last one first. It survives the death of its process at any
 * point, as its members do.
 */
export function releaseGroupFlow(
  worldOf: (order: GroupOrder) => Promise<GroupWorld>,
  flows: {
    release: FlowDefinition<ReleaseOrder, ReleaseOutcome>;
    rollback: FlowDefinition<RollbackByHandOrder, ReleaseOutcome>;
  },
): FlowDefinition<GroupOrder, ReleaseOutcome> {
  return {
    name: "release group",
    version: 1,
    async run(flow, order) {
      const run = new GroupRun(flow, order, await worldOf(order), flows);
      return run.toTheEnd();
    },
  };
}

type Flows = Parameters<typeof releaseGroupFlow>[1];

class GroupRun {
  private readonly ends: (MemberEnd & { member: MemberOrder })[] = [];
  private aborted: string | undefined;

  constructor(
    private readonly flow: Flow,
    private readonly order: GroupOrder,
    private readonly world: GroupWorld,
    private readonly flows: Flows,
  ) {}

  async toTheEnd(): Promise<ReleaseOutcome> {
    const { stages, group } = this.order;
    await this.say("begin", "shift", "beginning", [["phase.started", "started", { phase: "shift" }]]);
    for (const [i, stage] of stages.entries()) {
      await this.lookForAbort();
      if (this.aborted !== undefined) break;
      await this.releaseStage(stage, i);
      await this.lookForAbort();
      if (!mayGoOn(this.ends)) break;
    }
    if (!mayGoOn(this.ends) || this.aborted !== undefined) await this.bringBack();
    const { state, because } = groupEnd(this.ends, this.aborted);
    const back = this.ends
      .filter((end) => end.back?.done === true)
      .map(({ service }) => service)
      .reverse();
    if (state === "released") return this.end({ state, because });
    const problem =
      state === "unsafe"
        ? groupSplit({ group, because })
        : state === "aborted"
          ? groupAborted({ group, because })
          : groupFailed({ group, because, back });
    // Nothing had moved: it simply failed, as a single release does.
    const told: ProblemData = {
      ...problem.toJSON(),
      ...(state === "failed" ? { ending: "failed" as const } : {}),
    };
    return this.end({ state, because, problem: told });
  }

  /** Releases the members of one stage at the same time, each as a child. */
  private async releaseStage(members: readonly MemberOrder[], index: number): Promise<void> {
    // Each is as old as its own stage: its notices and deadlines count from there.
    const startedAt = await this.flow.now();
    const stage = members.map((member) => ({ ...member, release: { ...member.release, startedAt } }));
    const names = stage.map(({ release }) => release.service).join(" and ");
    const of = `${index + 1} of ${this.order.stages.length}`;
    const opened = await this.flow.step(
      `open stage ${index + 1}`,
      async () => {
        await this.change(
          { phase: "shift", activity: this.activity("shift", `releasing ${names} (${of})`) },
          [
            ...stage.map(({ release }) =>
              this.event("group.member", `member/${release.service}/started`, {
                service: release.service,
                release: release.release,
                stage: index + 1,
                of: this.order.stages.length,
                state: "running",
              }),
            ),
          ],
        );
        return openAll(
          this.world,
          stage.map(({ release }) => release),
        );
      },
      { attempts: 5 },
    );
    const ended =
      opened.problem !== null
        ? stage.map((): ReleaseOutcome => ({ state: "failed", because: opened.problem?.happened ?? "" }))
        : await Promise.all(
            // Begun in the order of the file, without a wait between, so that a replay finds them in the same places.
            stage.map(({ release }) =>
              this.flow
                .child(this.flows.release, release.release, release)
                .catch((error: unknown): ReleaseOutcome => {
                  if (isInterruption(error)) throw error;
                  return { state: "unsafe", because: toldOf(error, release.release) };
                }),
            ),
          );
    for (const [i, member] of stage.entries()) {
      const { state, because } = ended[i] as ReleaseOutcome;
      this.ends.push({ member, service: member.release.service, state, because: because.replace(/\.$/, "") });
    }
    await this.write(`write down stage ${index + 1}`, {}, () =>
      stage.map((member, i) =>
        this.event("group.member", `member/${member.release.service}/ended`, {
          service: member.release.service,
          release: member.release.release,
          state: ended[i]?.state,
          because: ended[i]?.because,
        }),
      ),
    );
  }

  /** Brings back what was released, the last one first; goes on with the next when one cannot be brought back. */
  private async bringBack(): Promise<void> {
    const because = groupEnd(
      this.ends.filter(({ state }) => state !== "released"),
      this.aborted,
    ).because;
    const moved = toBringBack(this.ends);
    if (moved.length === 0) return;
    await this.say("go back", "rollback", "going back", [
      ["phase.started", "rollback/started", { phase: "rollback", because }],
    ]);
    for (const end of moved) {
      end.back = await this.bringOneBack(
        end.member,
        `the group ${this.order.group} goes back: ${because}`,
      ).catch((error: unknown) => {
        if (isInterruption(error)) throw error;
        return { done: false, because: toldOf(error, end.member.back) };
      });
      const { service, back } = end;
      await this.write(`write down ${service}`, {}, () => [
        this.event("group.member", `member/${service}/back`, {
          service,
          release: end.member.back,
          state: back?.done === true ? "rolled back" : "not back",
          because: back?.because,
        }),
      ]);
    }
    await this.write("write down the way back", {}, () => [
      this.event("phase.finished", "rollback/finished", { phase: "rollback", ms: 0 }),
    ]);
  }

  private async bringOneBack(
    member: MemberOrder,
    because: string,
  ): Promise<{ done: boolean; because: string }> {
    const { release: order } = member;
    const { releases } = this.world;
    const found = await this.flow.step(
      `look at ${order.service}`,
      async (signal) => {
        await this.change({ activity: this.activity("rollback", `bringing ${order.service} back`) }, []);
        const release = await releases.get(order.release);
        const { deployment } = await (await this.world.platform(member)).production(signal);
        return {
          serves: deployment?.id ?? null,
          candidate: release?.candidate?.id ?? null,
          previous: release?.previous?.id ?? null,
        };
      },
      { attempts: 30, timeoutMs: 60_000 },
    );
    const { serves, candidate, previous } = found;
    if (serves !== candidate)
      return { done: false, because: `somebody else moved it: production serves ${serves ?? "nothing"}` };
    if (previous === null)
      return { done: false, because: "it is its first release, so there is nothing to go back to" };
    const back: RollbackByHandOrder = {
      release: member.back,
      service: order.service,
      environment: order.environment,
      platform: order.platform,
      actor: atomsItself,
      startedAt: await this.flow.now(),
      playbook: order.playbook,
      folder: order.folder,
      to: previous,
      because,
    };
    const opened = await this.flow.step(
      `open the rollback of ${order.service}`,
      () => openOne(this.world, rollbackOf(back, order.version), back),
      { attempts: 5 },
    );
    if (opened.problem !== null) return { done: false, because: opened.problem.happened.replace(/\.$/, "") };
    const outcome = await this.flow.child(this.flows.rollback, back.release, back);
    return { done: outcome.state === "rolled back", because: outcome.because.replace(/\.$/, "") };
  }

  private async lookForAbort(): Promise<void> {
    const command = await this.flow.waitFor<Command>(commandSignal, 0);
    if (command?.do === "abort") this.aborted = `${command.by} aborted it: ${command.because}`;
  }

  private async end(outcome: ReleaseOutcome): Promise<ReleaseOutcome> {
    const endedAt = await this.flow.now();
    const { state, because, problem } = outcome;
    const split = state === "released" ? 1 : 0;
    await this.write("end", { ...outcome, endedAt, split }, () => [
      ...(state === "released"
        ? [this.event("phase.finished", "finished", { phase: "shift", ms: endedAt - this.order.startedAt })]
        : []),
      this.event("release.ended", "ended", {
        state,
        because,
        problem: problem?.code ?? null,
        ms: endedAt - this.order.startedAt,
      }),
    ]);
    return outcome;
  }

  private async say(
    name: string,
    phase: "shift" | "rollback",
    doing: string,
    events: [kind: string, key: string, data: LedgerEvent["data"]][],
  ): Promise<void> {
    await this.write(name, { phase, activity: this.activity(phase, doing) }, () =>
      events.map(([kind, key, data]) => this.event(kind, key, data)),
    );
  }

  private write(
    name: string,
    change: Parameters<Releases["change"]>[1],
    events: () => LedgerEvent[],
  ): Promise<void> {
    return this.flow.step(name, () => this.change(change, events()), { attempts: 10 });
  }

  private async change(
    change: Parameters<Releases["change"]>[1],
    events: readonly LedgerEvent[],
  ): Promise<void> {
    await this.world.releases.change(this.order.release, change, events);
  }

  private activity(phase: "shift" | "rollback", doing: string): NonNullable<Release["activity"]> {
    const since = this.world.clock.now();
    return { phase, doing, since, until: since + expectedMs };
  }

  private event(kind: string, key: string, data: LedgerEvent["data"]): LedgerEvent {
    const { release, group, environment, actor } = this.order;
    return {
      key: `${release}/${key}`,
      kind,
      at: this.world.clock.now(),
      actor,
      service: group,
      environment,
      release,
      data,
    };
  }
}

/** What a member's own flow failed with, in a sentence without its full stop. */
const toldOf = (error: unknown, release: string): string =>
  problemOf(error, () => unexpectedFailure({ release })).happened.replace(/\.$/, "");
