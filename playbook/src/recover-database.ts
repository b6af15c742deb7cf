import { endRecovery, type RecoveryProgress, type RecoveryRun, stoppedRecovery } from "./recover-end.js";
import { tellOfRecovery } from "./recover-tell.js";
import {
  type DatabaseMove,
  noBackupRestored,
  nothingToRedeploy,
  proveHealth,
  type RecoveryOrder,
  type RecoveryOutcome,
  type RecoveryWorld,
  recoveryNotProven,
} from "./recovery/index.js";
import { type Artefact, redeployServing, served } from "./redeploy.js";
import { ReleaseRun, Stop } from "./strategies/run.js";
import { type FlowDefinition, healthSeen, isInterruption } from "./terms/index.js";

type Run = RecoveryRun;
type Progress = RecoveryProgress;
type Restore = DatabaseMove & { do: "restore" };

/**
 * Brings the databases of a service back after a failure: looks, restores the latest good backup where there is a place
 * for it, points the service there, and proves on every production host that it is well. It holds its environment like a
 * release. What has tables is never replaced without consent, and what was before is kept.
 */
export function recoverDatabaseFlow(
  worldOf: (order: RecoveryOrder) => Promise<RecoveryWorld>,
): FlowDefinition<RecoveryOrder, RecoveryOutcome> {
  return {
    name: "recover database",
    version: 1,
    async run(flow, order) {
      const world = await worldOf(order);
      const run: Run = new ReleaseRun(flow, order, world);
      const progress: Progress = {
        moves: [],
        done: [],
        restored: [],
        switched: false,
        moving: false,
        shifted: false,
      };
      let outcome: RecoveryOutcome;
      try {
        outcome = await recover(run, progress);
      } catch (error) {
        if (isInterruption(error)) throw error;
        outcome = stoppedRecovery(error, order, progress);
      }
      await endRecovery(run, progress, outcome);
      return outcome;
    },
  };
}

async function recover(run: Run, progress: Progress): Promise<RecoveryOutcome> {
  const { world } = run;
  const { deadlines } = world.settings;
  progress.moves = await run.inPhase("preflight", deadlines.look, () => look(run));
  const restores = progress.moves.filter((move): move is Restore => move.do === "restore");
  if (restores.length > 0) {
    await tellOfRecovery(
      run,
      "start",
      "no",
      `Recovering ${run.order.service}: ${restores.map(moveWords).join("; ")}.`,
    );
    await run.inPhase("restore", deadlines.restore, async () => {
      for (const move of restores) await restore(run, move, progress);
    });
  }
  const elsewhere = restores.filter(({ place }) => place === "standby");
  // Where the address stays, the service comes back by itself, unless it has given up.
  const well =
    elsewhere.length === 0 &&
    (await run.inPhase("validate", deadlines.settle + 60_000, async () => {
      const proof = await proven(run, progress, { name: "look at the health", needed: false });
      return proof.proven;
    }));
  if (!well) {
    if (restores.length === 0)
      throw new Stop("failed", recoveryNotProven({ saw: await seen(run, progress) }).toJSON());
    await deployAgain(run, elsewhere, progress);
  }
  return {
    state: "released",
    because:
      restores.length === 0
        ? `nothing had to be restored: ${progress.moves.map((move) => ("because" in move ? move.because : move.database)).join("; ")}`
        : progress.done.join("; "),
  };
}

/** Looks at every database; when nothing can be done for one of them, nothing is done at all. */
async function look(run: Run): Promise<DatabaseMove[]> {
  const moves = await run.act("look", "looking at the databases and the backups", (signal) =>
    run.world.look(signal),
  );
  await run.change("write down what was found", {}, () =>
    moves.map((move) => run.event("recovery.chosen", `chosen/${move.database}`, wordsOf(move))),
  );
  for (const move of moves)
    if (move.do === "nothing can be done") throw new Stop("failed", move.problem, true);
  const elsewhere = moves.some((move) => move.do === "restore" && move.place === "standby");
  if (elsewhere && (await served(run)) === null)
    throw new Stop("failed", nothingToRedeploy(run.order).toJSON(), true);
  return moves;
}

function wordsOf(move: DatabaseMove) {
  switch (move.do) {
    case "leave":
      return { database: move.database, do: move.do, because: move.because };
    case "nothing can be done":
      return { database: move.database, do: move.do, because: move.problem.happened };
    case "restore":
      return {
        database: move.database,
        do: move.do,
        place: move.place,
        where: move.where,
        over: move.over,
        backup: move.backups[0]?.id ?? null,
      };
  }
}

const moveWords = ({ database, backups, where }: Restore) =>
  `${database} is restored from ${backups[0]?.id} to ${where}`;

/** Restores the best backup that turns out to be sound. */
async function restore(run: Run, move: Restore, progress: Progress): Promise<void> {
  const { database } = move;
  const tried: string[] = [];
  let last = "";
  for (const { id } of move.backups) {
    const outcome = await run.act(
      `restore ${database} from ${id}`,
      `restoring ${database} from ${id}`,
      (signal, tell) =>
        run.world.restore(move, id, (doing) => void tell(doing).catch(() => undefined), signal),
      { attempts: 2 },
    );
    if (outcome.restored) {
      const { rows, tables, where, takenAt, aside, again, ms } = outcome;
      await run.change(`write down the restore of ${database}`, {}, () => [
        run.event("recovery.restored", `restored/${database}`, {
          database,
          backup: id,
          takenAt,
          rows,
          tables,
          where,
          aside,
          again,
          ms,
          place: move.place,
        }),
      ]);
      progress.restored.push({ ...outcome, database });
      progress.done.push(
        `${database} ${again ? "had been" : "was"} restored from ${id} to ${where}, compared: ${rows} rows in ${tables} tables${aside === null ? "" : `; what was there before is ${aside} on the same server`}`,
      );
      return;
    }
    tried.push(id);
    last = outcome.problem.happened;
    await run.change(`write down that ${id} did not restore`, {}, () => [
      run.event("recovery.backup_refused", `refused/${database}/${id}`, {
        database,
        backup: id,
        because: outcome.problem.happened,
        problem: outcome.problem.code,
      }),
    ]);
  }
  throw new Stop("failed", noBackupRestored({ database, tried, last }).toJSON());
}

/** Points the service at the restored databases, and has the same artefact run with that. */
async function deployAgain(run: Run, elsewhere: readonly Restore[], progress: Progress): Promise<void> {
  const { world, order } = run;
  const { candidate, hosts } = await redeployServing(run, progress, {
    nothing: () => nothingToRedeploy(order).toJSON(),
    async before() {
      for (const move of elsewhere) {
        await run.act(
          `point ${move.variable} at ${move.where}`,
          `pointing ${move.variable} at ${move.where}`,
          (signal) => world.pointAtStandby(move, signal),
          { attempts: 4 },
        );
        await run.change(`write down ${move.variable}`, {}, () => [
          run.event("recovery.pointed", `pointed/${move.database}`, {
            database: move.database,
            variable: move.variable,
            where: move.where,
          }),
        ]);
        progress.done.push(`${move.variable} was pointed at ${move.where} for later deployments`);
      }
      progress.switched = true;
    },
    prove: (name, made) =>
      proven(run, progress, { name, needed: true, ...(made === undefined ? {} : { candidate: made }) }),
  });
  progress.done.push(
    `production serves ${candidate.id}, proven well on ${hosts.length === 1 ? "its host" : `${hosts.length} hosts`}`,
  );
}

/** Proves by the service's health that it uses the databases as they are now. @throws Stop when it must and does not. */
async function proven(
  run: Run,
  { moves, candidate: made }: Progress,
  how: { name: string; needed: boolean; candidate?: Artefact },
) {
  const { world } = run;
  const expected = moves.flatMap((move) => ("target" in move ? [world.expectation(move)] : []));
  const deployment = how.candidate ?? made;
  const proof = await run.act(
    how.name,
    "waiting until the service's health says that it is well",
    async (signal) =>
      proveHealth(
        {
          hosts:
            how.candidate === undefined
              ? (await world.platform.production(signal)).hosts
              : [how.candidate.address],
          path: world.settings.health,
          headers: world.headers(),
          expected,
          ...(deployment === undefined ? {} : { deployment: deployment.id }),
          timeoutMs: how.needed
            ? world.settings.deadlines.settle
            : Math.min(20_000, world.settings.deadlines.settle),
        },
        world,
        signal,
      ),
    { attempts: 3 },
  );
  if (how.needed && !proof.proven)
    throw new Stop("failed", recoveryNotProven({ saw: healthSeen(proof.hosts) }).toJSON());
  if (proof.proven)
    await run.change(`${how.name}: write it down`, {}, () => [
      run.event("recovery.proven", `proven/${how.name}`, { hosts: proof.hosts, ms: proof.ms }),
    ]);
  return proof;
}

async function seen(run: Run, progress: Progress): Promise<string> {
  const proof = await proven(run, progress, { name: "look once more", needed: false });
  return healthSeen(proof.hosts);
}
