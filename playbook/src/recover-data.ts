import { tellOfRecovery } from "./recover-tell.js";
import {
  choiceWords,
  comparedWords,
  type DataChoice,
  type DataOrder,
  type DataWorld,
  differingRows,
  figuresOfRecovery,
  newerWords,
  proveHealth,
  type RecoveryOutcome,
  recoveryNotProven,
  spanWords,
  type TableComparison,
  type TakenBack,
  takenWords,
  withStanding,
} from "./recovery/index.js";
import { unexpectedFailure } from "./strategies/problems.js";
import { problemOf, ReleaseRun, Stop } from "./strategies/run.js";
import { type FlowDefinition, healthSeen, isInterruption } from "./terms/index.js";

type Run = ReleaseRun<DataOrder, DataWorld>;

/** How far it has come: what its end is told from. */
type Progress = {
  /** One sentence each, in their order. */
  done: string[];
  tables: TableComparison[];
  /** The backup of what was there before. */
  kept?: string;
  taken: TakenBack[];
  /** What was there before, under its new name. */
  aside?: string;
  moved: boolean;
};

const command = "atoms recover data_corruption";

/**
 * Takes rows back that went wrong: restores a backup beside, compares it with the database in use, and copies the chosen
 * rows or puts the whole of it in place. What was there before is kept: in a backup, or under another name.
 */
export function recoverDataFlow(
  worldOf: (order: DataOrder) => Promise<DataWorld>,
): FlowDefinition<DataOrder, RecoveryOutcome> {
  return {
    name: "recover data",
    version: 1,
    async run(flow, order) {
      const world = await worldOf(order);
      const run: Run = new ReleaseRun(flow, order, world);
      const progress: Progress = { done: [], tables: [], taken: [], moved: false };
      let outcome: RecoveryOutcome;
      try {
        outcome = await recover(run, progress);
      } catch (error) {
        if (isInterruption(error)) throw error;
        const problem = withStanding(
          problemOf(error, () => unexpectedFailure({ release: order.release })),
          { done: progress.done, left: [], command },
        );
        outcome = {
          state: error instanceof Stop ? error.state : "failed",
          because: problem.happened,
          problem,
        };
      }
      await end(run, progress, outcome);
      return outcome;
    },
  };
}

async function recover(run: Run, progress: Progress): Promise<RecoveryOutcome> {
  const { world, order } = run;
  const { deadlines } = world.settings;
  const choice = await run.inPhase("preflight", deadlines.look, () =>
    run.act("check", "looking at the database and the backup", (signal) => world.check(signal)),
  );
  await run.inPhase("restore", deadlines.restore, () => compare(run, choice, progress));
  const { missing, changed, added } = differingRows(progress.tables);
  const differs = progress.tables.some(({ state }) => state !== "same");
  if (!differs || (choice.take === "rows" && missing + changed === 0))
    return { state: "released", because: `nothing had to be taken back: ${comparedWords(progress.tables)}` };
  await tellOfRecovery(
    run,
    "start",
    "no",
    `Taking back ${choiceWords(choice, world.where)}, of ${order.service}, from ${order.backup.id}: ${comparedWords(progress.tables)}.`,
  );
  if (choice.take === "whole") await swap(run, progress);
  else {
    await run.inPhase("backup", deadlines.restore, () => keep(run, progress));
    await run.inPhase("restore", deadlines.restore, () => takeBack(run, choice, progress), "take back");
  }
  const newer = newerWords(added, progress.aside);
  return { state: "released", because: [...progress.done, newer].join("; ") };
}

async function compare(run: Run, choice: DataChoice, progress: Progress): Promise<void> {
  const { world, order } = run;
  await run.act(
    "restore beside",
    `restoring ${order.backup.id} beside`,
    (signal, doing) => world.restoreBeside((text) => void doing(text).catch(() => undefined), signal),
    { attempts: 2 },
  );
  progress.tables = await run.act(
    "compare",
    `comparing it with ${world.where}`,
    (signal, doing) => world.compare(choice, (text) => void doing(text).catch(() => undefined), signal),
    { attempts: 2 },
  );
  await run.change("write down what differs", {}, () => [
    run.event("recovery.compared", "compared", {
      database: order.database,
      backup: order.backup.id,
      ...differingRows(progress.tables),
      words: comparedWords(progress.tables),
      tables: progress.tables.filter(({ state }) => state !== "same").slice(0, 50),
    }),
  ]);
}

/** Rows that are overwritten would be gone for good. */
async function keep(run: Run, progress: Progress): Promise<void> {
  const kept = await run.act(
    "keep what is there",
    `backing up ${run.world.where} as it is`,
    (signal, doing) => run.world.keep((text) => void doing(text).catch(() => undefined), signal),
    { attempts: 2 },
  );
  progress.kept = kept;
  progress.done.push(`what was there before is in ${kept}`);
}

async function takeBack(run: Run, choice: DataChoice & { take: "rows" }, progress: Progress): Promise<void> {
  const { world, order } = run;
  const answer = await run.act(
    "take rows back",
    `taking rows back into ${world.where}`,
    (signal, doing) => world.takeBack(choice.rows, (text) => void doing(text).catch(() => undefined), signal),
    // Cut short in the middle, it could not be said whether it was committed.
    { attempts: 3, abortable: false },
  );
  if ("refused" in answer) throw new Stop("failed", answer.refused);
  progress.taken = answer.taken;
  progress.moved = true;
  progress.done.push(...answer.taken.map(takenWords));
  await run.change("write down what was taken back", {}, () => [
    run.event("recovery.taken_back", "taken back", {
      database: order.database,
      backup: order.backup.id,
      kept: progress.kept ?? null,
      words: answer.taken.map(takenWords).join("; "),
      tables: answer.taken,
    }),
  ]);
}

async function swap(run: Run, progress: Progress): Promise<void> {
  const { world, order } = run;
  const { deadlines } = world.settings;
  await run.inPhase(
    "restore",
    deadlines.restore,
    async () => {
      const aside = await run.act(
        "put in place",
        `putting what was restored in the place of ${world.where}`,
        (signal) => world.swap(signal),
        { attempts: 3, abortable: false },
      );
      progress.aside = aside;
      progress.moved = true;
      progress.done.push(
        `${world.where} holds ${order.backup.id}; what was there before is ${aside} on the same server`,
      );
      await run.change("write down the swap", {}, () => [
        run.event("recovery.swapped", "swapped", {
          database: order.database,
          backup: order.backup.id,
          where: world.where,
          aside,
        }),
      ]);
    },
    "put in place",
  );
  await run.inPhase("validate", deadlines.settle + 60_000, () => prove(run));
}

/** Its connections were cut: the service has to open new ones, and say that it is well. */
async function prove(run: Run): Promise<void> {
  const { world } = run;
  const proof = await run.act(
    "prove the health",
    "waiting until the service's health says that it is well",
    async (signal) =>
      proveHealth(
        {
          hosts: (await world.platform.production(signal)).hosts,
          path: world.settings.health,
          headers: world.headers(),
          expected: [world.expectation],
          timeoutMs: world.settings.deadlines.settle,
        },
        world,
        signal,
      ),
    { attempts: 3 },
  );
  if (!proof.proven) throw new Stop("failed", recoveryNotProven({ saw: healthSeen(proof.hosts) }).toJSON());
  await run.change("write down the proof", {}, () => [
    run.event("recovery.proven", "proven", { hosts: proof.hosts, ms: proof.ms }),
  ]);
}

/** Removes what lies beside, writes down how it ended, and tells people. */
async function end(run: Run, progress: Progress, outcome: RecoveryOutcome): Promise<void> {
  const { flow, order, world } = run;
  const well = outcome.state === "released";
  // What is left over is removed by the next one who makes a database there.
  await flow.step("remove what was restored beside", () => world.leave().catch(() => undefined));
  const endedAt = await flow.now();
  const whole = progress.aside !== undefined;
  const rpoMs = whole ? Math.max(0, order.startedAt - order.backup.takenAt) : 0;
  const figures = figuresOfRecovery(endedAt - order.startedAt, rpoMs, world.settings.targets);
  if (progress.moved || !well)
    await tellOfRecovery(
      run,
      "end",
      well ? "well" : "badly",
      well
        ? `${order.service} has its rows back after ${spanWords(figures.rtoMs)}: ${outcome.because}.`
        : `Taking back rows of ${order.service} ended without success: ${outcome.because} ${outcome.problem?.stillTrue ?? ""}`.trim(),
    );
  await flow.step(
    "end",
    async () => {
      await world.releases.change(order.release, { ...outcome, endedAt }, [
        run.event(
          "recovery.finished",
          "recovery/finished",
          {
            scenario: "data_corruption",
            state: outcome.state,
            because: outcome.because,
            restored: whole ? 1 : 0,
            tables: progress.taken,
            ...differingRows(progress.tables),
            ...(well ? { rtoMs: figures.rtoMs, met: figures.met } : {}),
            ...(well && whole ? { rpoMs } : {}),
            targets: figures.targets,
            afterwards: progress.moved ? afterwards(run, progress) : [],
          },
          endedAt,
        ),
        run.endedEvent(outcome, endedAt),
      ]);
    },
    { attempts: 5 },
  );
}

function afterwards({ order, world }: Run, { kept, aside, taken }: Progress): string[] {
  const leftAlone = taken.filter((one) => one.kept > 0);
  return [
    ...leftAlone.map(
      ({ table, kept: count, keptKeys }) =>
        `Look at ${count === 1 ? "the row" : `the ${count} rows`} of ${table} that newer writes stand in the way of: ${keptKeys.join(", ")}${count > keptKeys.length ? " and others" : ""}.`,
    ),
    "Find what made the rows wrong, so that it does not do it again.",
    ...(kept === undefined
      ? []
      : [
          `${kept} holds wrong rows: keep it out of the way of a later recovery, which takes the newest good backup.`,
        ]),
    ...(aside === undefined
      ? []
      : [
          `${aside}, on the server of ${world.where}, holds what was written since ${order.backup.id}; remove it when nobody needs it.`,
        ]),
  ];
}
