import {
  atomsItself,
  type Flow,
  type FlowDefinition,
  isInterruption,
  isProblem,
  type Json,
  Problem,
  type ProblemData,
} from "../terms/index.js";
import { maintenanceEvent } from "./events.js";
import { hostsSaying } from "./judge.js";
import { type MaintenanceNews, maintenanceNotices } from "./messages.js";
import type { HostDoor, MaintenanceOrder, TaskOutcome } from "./model.js";
import type { MaintenanceWorld } from "./ports.js";
import {
  doorNotClosed,
  doorNotOpened,
  maintenanceBroke,
  notWellBehindTheDoor,
  taskDidNotEnd,
  variableLeft,
} from "./problems.js";
import { proveDoor } from "./prove.js";

/** The signal that asks a maintenance to end. `anyway`: open although the service is not found well. */
export const endSignal = "maintenance end";
export type EndSignal = { by: string; anyway?: string };

/** What a maintenance came to. */
export type MaintenanceEnd = { state: "done" | "failed"; problem?: ProblemData };

/** The store may be away for a while: nothing of a maintenance is lost for that. */
const patience = { attempts: 500, backoffMs: 500 };
/** Between two tries to open, in milliseconds: twice as long each time. */
const firstTryMs = 10_000;
const longestTryMs = 300_000;
/** For reading and writing besides what a step is about, in milliseconds. */
const slackMs = 60_000;

/**
 * One maintenance: announced, muted, closed and proven, worked on, looked at, opened and proven. Its time lifts it in any
 * case, by whoever runs flows then. It ends with the door open, or goes on trying: a door that is closed by it is not forgotten. Where
 * no task needs a closed door, tasks are all there is to it: users are served, and alerts speak.
 */
export function maintenanceFlow(world: MaintenanceWorld): FlowDefinition<MaintenanceOrder, MaintenanceEnd> {
  return {
    name: "maintenance",
    version: 1,
    async run(flow, order) {
      const { closesWithin, opensWithin } = await flow.step(
        "read the rules",
        async () => {
          const rules = await world.rules(order);
          return { closesWithin: rules.closesWithin, opensWithin: rules.opensWithin };
        },
        patience,
      );
      const say = (name: string, news: (at: number) => MaintenanceNews) =>
        flow.step(name, () => tell(world, order, news(world.clock.now())), patience);

      const finish = async (problem: ProblemData | undefined, opened: { anyway?: string }) => {
        const end: MaintenanceEnd = problem === undefined ? { state: "done" } : { state: "failed", problem };
        await say("announce the end", (at) =>
          problem === undefined
            ? { is: "over", at, ...opened }
            : { is: "failed", at, problem: Problem.from(problem) },
        );
        await flow.step(
          "end",
          () => record(world, order, "maintenance.ended", { state: end.state, problem: end.problem ?? null }),
          patience,
        );
        return end;
      };

      await say("announce", () => ({ is: "begun" }));
      if (order.door === "open") return finish(await work(flow, world, order), {});
      const quietUntil = order.until + closesWithin + opensWithin;
      await flow.step("mute alerts", () => mute(world, order, quietUntil), patience);
      const closed = await attempt(flow, order, "close the door", (signal) => close(world, order, signal), {
        timeoutMs: closesWithin + slackMs,
      });
      let problem: ProblemData | undefined;
      if ("problem" in closed) problem = closed.problem;
      else {
        await setVariable(flow, world, order, true);
        problem = await work(flow, world, order);
        await flow.step("begin to open", () => record(world, order, "maintenance.opening", {}), patience);
      }
      const closedOn = "problem" in closed ? undefined : { serving: closed.serving };
      const opened = await open(flow, world, order, closedOn, opensWithin);
      const untold = await setVariable(flow, world, order, false);
      problem ??= untold;

      await flow.step("let alerts speak", () => world.unmute(order), patience);
      return finish(problem, opened);
    },
  };
}

/** Runs a step whose failure is an answer. */
async function attempt<T extends object>(
  flow: Flow,
  order: MaintenanceOrder,
  name: string,
  work: (signal: AbortSignal) => Promise<T>,
  options: { timeoutMs: number; attempts?: number },
): Promise<T | { problem: ProblemData }> {
  try {
    return await flow.step(name, work, options);
  } catch (error) {
    if (isInterruption(error)) throw error;
    return { problem: problemIn(error, order, name) };
  }
}

const problemIn = (error: unknown, { maintenance }: MaintenanceOrder, doing: string): ProblemData =>
  (isProblem(error) ? error : maintenanceBroke({ maintenance, doing })).toJSON();

async function tell(world: MaintenanceWorld, order: MaintenanceOrder, news: MaintenanceNews): Promise<void> {
  const { channels } = await world.rules(order);
  await world.put(maintenanceNotices(order, channels, world.clock.now(), news), []);
}

async function record(
  world: MaintenanceWorld,
  order: MaintenanceOrder,
  kind: Parameters<typeof maintenanceEvent>[1],
  data: { [key: string]: Json | undefined },
  mark: string | number = "",
): Promise<void> {
  await world.put([], [maintenanceEvent(order, kind, world.clock.now(), atomsItself, data, mark)]);
}

async function mute(world: MaintenanceWorld, order: MaintenanceOrder, endsAt: number): Promise<void> {
  await world.mute(order, endsAt);
  await record(world, order, "maintenance.muted", { endsAt });
}

const isClosed = ({ door }: HostDoor) => door === "closed";
const isOpenAndWell = ({ door, well }: HostDoor) => door !== "closed" && well;

/** Sets the flag and sees every host say so. @returns what production serves then. */
async function close(
  world: MaintenanceWorld,
  order: MaintenanceOrder,
  signal: AbortSignal,
): Promise<{ serving: string | null }> {
  const { closesWithin } = await world.rules(order);
  const began = world.clock.monotonic();
  await world.setFlag(order, true, signal);
  const proof = await proveDoor(() => world.look(order, signal), isClosed, closesWithin, world.clock, signal);
  const ms = Math.round(world.clock.monotonic() - began);
  if (!proof.proven) throw doorNotClosed({ saw: hostsSaying(proof.hosts, isClosed), withinMs: closesWithin });
  const serving = (await world.serving(order, signal)) ?? null;
  const hosts = proof.hosts.map(({ host }) => host);
  await record(world, order, "maintenance.closed", { ms, hosts, serving });
  return { serving };
}

/** Tells later deployments. Running ones know already, so a platform that refuses keeps nobody waiting. @returns what is left undone. */
async function setVariable(
  flow: Flow,
  world: MaintenanceWorld,
  order: MaintenanceOrder,
  on: boolean,
): Promise<ProblemData | undefined> {
  const set = await attempt(
    flow,
    order,
    on ? "tell later deployments" : "tell later deployments that it is over",
    async (signal) => {
      await world.setVariable(order, on, signal);
      return {};
    },
    { timeoutMs: slackMs, attempts: on ? 3 : 12 },
  );
  if (!("problem" in set)) return undefined;
  const { variable } = await flow.step(
    `note that the variable was not set to ${on}`,
    async () => {
      const { variable } = await world.rules(order);
      const because = set.problem.happened;
      await record(world, order, "maintenance.variable", { variable, value: on, because }, String(on));
      return { variable };
    },
    patience,
  );
  return variableLeft({ variable, because: set.problem.happened }).toJSON();
}

/** Runs the tasks, and keeps the door closed until it is to be opened. @returns what failed. */
async function work(
  flow: Flow,
  world: MaintenanceWorld,
  order: MaintenanceOrder,
): Promise<ProblemData | undefined> {
  let failed: TaskOutcome | undefined;
  let asked = false;
  for (const task of order.tasks) {
    const left = order.until - (await flow.now());
    asked ||= (await flow.waitFor(endSignal, 0)) !== undefined;
    const skip =
      failed !== undefined
        ? `${failed.task} failed before it`
        : asked
          ? "it was asked to end"
          : left <= 0
            ? "its time was up"
            : undefined;
    const outcome: TaskOutcome =
      skip === undefined
        ? await run(flow, world, order, task, left)
        : { task, outcome: "skipped", saw: skip, ms: 0 };
    await flow.step(
      `write down how ${task} went`,
      () => record(world, order, "maintenance.task", { ...outcome }, task),
      patience,
    );
    if (outcome.outcome === "failed") failed = outcome;
  }
  if (failed !== undefined) return taskDidNotEnd(failed).toJSON();
  const left = order.until - (await flow.now());
  const holds = order.hold || order.tasks.length === 0;
  if (holds && !asked && left > 0) await flow.waitFor(endSignal, left);
  return undefined;
}

async function run(
  flow: Flow,
  world: MaintenanceWorld,
  order: MaintenanceOrder,
  task: string,
  forMs: number,
): Promise<TaskOutcome> {
  const began = await flow.now();
  const done = await attempt(
    flow,
    order,
    `run ${task}`,
    (signal) => world.runTask(order, task, forMs, signal),
    { timeoutMs: forMs + slackMs },
  );
  if (!("problem" in done)) return done;
  return { task, outcome: "failed", saw: done.problem.happened, ms: (await flow.now()) - began };
}

/**
 * Opens the door, and goes on trying.
 * @param closedOn What production served when it was closed; undefined when it never was: then it is not closed again.
 */
async function open(
  flow: Flow,
  world: MaintenanceWorld,
  order: MaintenanceOrder,
  closedOn: { serving: string | null } | undefined,
  opensWithin: number,
): Promise<{ anyway?: string }> {
  let anyway: string | undefined;
  let told = "";
  for (let turn = 0; ; turn++) {
    const how = { closedOn, anyway };
    const tried = await attempt(
      flow,
      order,
      `open the door, turn ${turn}`,
      (signal) => tryToOpen(world, order, how, signal),
      { timeoutMs: opensWithin + slackMs },
    );
    if (!("problem" in tried)) break;
    const problem = Problem.from(tried.problem);
    if (problem.happened !== told) {
      const mark = String(turn);
      await flow.step(
        `tell that it is kept closed, turn ${turn}`,
        async () => {
          await tell(world, order, { is: "kept closed", problem, mark, known: closedOn !== undefined });
          await record(
            world,
            order,
            "maintenance.kept-closed",
            { because: problem.happened, problem: problem.code },
            mark,
          );
          await world.page(order, problem);
        },
        patience,
      );
      told = problem.happened;
    }
    const end = await flow.waitFor<EndSignal>(endSignal, Math.min(longestTryMs, firstTryMs * 2 ** turn));
    anyway = end?.anyway ?? anyway;
  }
  if (told !== "") await flow.step("end the page", () => world.endPage(order), patience);
  return anyway === undefined ? {} : { anyway };
}

type HowToOpen = { closedOn: { serving: string | null } | undefined; anyway: string | undefined };

/** Looks behind the door, takes the flag back, and sees every host open and well; closes again when they are not. */
async function tryToOpen(
  world: MaintenanceWorld,
  order: MaintenanceOrder,
  { closedOn, anyway }: HowToOpen,
  signal: AbortSignal,
): Promise<{ ms: number }> {
  const { opensWithin } = await world.rules(order);
  const careful = closedOn !== undefined && anyway === undefined;
  if (careful) {
    const sick = hostsSaying(await world.look(order, signal), ({ well }) => well);
    if (sick.length > 0) throw notWellBehindTheDoor({ saw: sick });
  }
  const began = world.clock.monotonic();
  await world.setFlag(order, false, signal);
  const right = careful ? isOpenAndWell : (host: HostDoor) => !isClosed(host);
  const proof = await proveDoor(() => world.look(order, signal), right, opensWithin, world.clock, signal);
  if (!proof.proven && careful) {
    await world.setFlag(order, true, signal);
    const serving = (await world.serving(order, signal)) ?? null;
    const deployed = serving !== closedOn.serving && proof.hosts.some(isClosed);
    throw doorNotOpened({ saw: hostsSaying(proof.hosts, right), deployed });
  }
  const ms = Math.round(world.clock.monotonic() - began);
  await record(world, order, "maintenance.opened", {
    ms,
    proven: proof.proven,
    hosts: proof.hosts.map(({ host, saw }) => `${host} ${saw}`),
    ...(anyway === undefined ? {} : { anyway }),
  });
  return { ms };
}
