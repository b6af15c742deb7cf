import { type Announcement, announceEnd, announceRollback, announceStart } from "./communication/announce.js";
import { preflightProblem } from "./preflight/index.js";
import { rollBack } from "./rollback/index.js";
import { approveContract, compareContract } from "./strategies/contract-gate.js";
import { deploy } from "./strategies/deploy.js";
import { passTheShift, passTheStart } from "./strategies/gates.js";
import { openItsIncident } from "./strategies/open-incident.js";
import type { Candidate, Checked, OnFinding, ReleaseOrder, ReleaseWorld } from "./strategies/ports.js";
import { unexpectedFailure } from "./strategies/problems.js";
import { problemOf, ReleaseRun, Stop } from "./strategies/run.js";
import { approveSafety, reportSafety } from "./strategies/safety-report.js";
import { strategies } from "./strategies/strategy.js";
import { watch } from "./strategies/watching.js";
import {
  atomsItself,
  type Flow,
  type FlowDefinition,
  isInterruption,
  type Phase,
  Problem,
  type ProblemData,
  type ReleaseState,
} from "./terms/index.js";
import { problemOf as validationProblem } from "./validation/index.js";

/** How a release ended. */
export type ReleaseOutcome = {
  state: Exclude<ReleaseState, "running">;
  because: string;
  problem?: ProblemData;
};

/**
 * One release through the chapters of the book, from the first check to the last notice. It survives the death of its
 * process at any point, and it always ends in a safe state: all traffic on a deployment that passed, or back on one
 * that was good before. If that cannot be proven it says so (`unsafe`) and asks for a person.
 * @param worldOf Builds the release's ports from its order; called again whenever the release is resumed.
 */
export function releaseFlow(
  worldOf: (order: ReleaseOrder) => Promise<ReleaseWorld>,
): FlowDefinition<ReleaseOrder, ReleaseOutcome> {
  return {
    name: "release",
    version: 4,
    async run(flow, order) {
      const run = new ReleaseRun(flow, order, await worldOf(order));
      return releaseThroughTheChapters(run, flow);
    },
  };
}

async function releaseThroughTheChapters(run: ReleaseRun, flow: Flow): Promise<ReleaseOutcome> {
  const { world, order } = run;
  const { deadlines } = world.settings;
  const strategy = strategies[order.strategy];
  let candidate: Candidate | undefined;
  let previous: Candidate | undefined;
  let trafficMayHaveMoved = false;
  try {
    await passTheStart(run);
    const risks = await run.inPhase("preflight", deadlines.preflight, async () => {
      await sayWhatIsNotChecked(run);
      await check(
        run,
        "preflight",
        (onFinding, signal) => world.preflight(order, onFinding, signal),
        preflightProblem,
      );
      return reportSafety(run);
    });
    await approveSafety(run, risks);
    previous = await run.inPhase("backup", deadlines.backup, () => keepTheWayBack(run));
    const announced = await run.inPhase("announce", deadlines.finish, () =>
      announceStart(flow, world, announcement(run)),
    );

    const made = await run.inPhase("deploy", deadlines.deploy, () => deploy(run));
    candidate = made;
    const asks = await run.inPhase("validate", deadlines.validate, async () => {
      await check(
        run,
        "validate",
        (onFinding, signal) => world.validate(made, onFinding, signal),
        ({ verdict }) => withItsLogs(validationProblem(verdict, made.address), made),
      );
      return compareContract(run, made, previous);
    });
    await approveContract(run, asks);

    await waitForTheAnnouncedTime(run, announced);
    await passTheShift(run, made, previous);
    const hosts = await run.inPhase("shift", strategy.shiftDeadline(world.settings), () =>
      strategy.shift(run, made, previous, () => {
        trafficMayHaveMoved = true;
      }),
    );
    const shiftedAt = await flow.now();
    const { duration } = strategy.watch(world.settings);
    await run.inPhase(
      "watch",
      duration * 2 + 120_000,
      () => watch(run, strategy, made, previous, hosts),
      "watch",
      { waitsMs: duration },
    );
    await run.inPhase("finish", deadlines.finish, async () => {
      await finish(run, made);
      await strategy.afterwards?.(run, made, previous);
    });
    return await end(run, "released", `production serves ${made.id}, which passed its watch`, { shiftedAt });
  } catch (error) {
    if (isInterruption(error)) throw error;
    const problem = problemOf(error, () => unexpectedFailure({ release: order.release }));
    const aborted = error instanceof Stop && error.state === "aborted";
    if (trafficMayHaveMoved && !(error instanceof Stop && error.leaveTraffic)) {
      return goBack(run, { from: candidate?.id, before: previous?.id }, problem);
    }
    const left = error instanceof Stop && error.leaveTraffic;
    return end(run, aborted ? "aborted" : "failed", problem.happened, {
      problem: left ? problem : { ...problem, stillTrue: untouched(previous?.id, problem) },
    });
  }
}

/** Where traffic is when none was moved. Before the way back is known, the problem's own words are the best there are. */
function untouched(serves: string | undefined, { stillTrue }: ProblemData): string {
  return serves === undefined
    ? (stillTrue ?? "No traffic was moved.")
    : `No traffic was moved: production serves ${serves}.`;
}

/** What the deployment itself wrote is the first thing to look at, and the last to be found without its name. */
function withItsLogs(problem: Problem | undefined, { id }: Candidate): Problem | undefined {
  if (problem === undefined) return undefined;
  const told = problem.toJSON();
  return Problem.from({ ...told, fix: `See what it wrote: \`atoms logs ${id}\`. ${told.fix}` });
}

/** Runs a chapter's checks, writes each finding down as it comes, and stops the release unless the verdict is a pass. */
async function check(
  run: ReleaseRun,
  phase: "preflight" | "validate",
  checks: (onFinding: OnFinding, signal: AbortSignal) => Promise<Checked>,
  problemFor: (checked: Checked) => Problem | undefined,
): Promise<void> {
  const { world } = run;
  const checked = await run.act(`${phase}: run the checks`, "running the checks", async (signal, tell) => {
    const written: Promise<unknown>[] = [];
    const result = await checks((finding) => {
      const at = world.clock.now();
      const event = run.event("check.finished", `${phase}/${finding.check}/${at}`, { phase, ...finding }, at);
      const writing = Promise.all([
        world.ledger.append([event]),
        tell(`${finding.title}: ${finding.outcome}`),
      ]);
      // Waited for when all checks are over: until then nobody listens, and a store that is away would end the process.
      writing.catch(() => undefined);
      written.push(writing);
    }, signal);
    await Promise.all(written);
    return result;
  });
  const problem = problemFor(checked);
  if (problem !== undefined) throw new Stop("failed", problem.toJSON());
}

/** A deployment that was built elsewhere: what cannot be looked at any more is named, and passes for nothing. */
async function sayWhatIsNotChecked(run: ReleaseRun): Promise<void> {
  const { existing } = run.order;
  if (existing === undefined || existing.unchecked.length === 0) return;
  await run.change("say what is not checked", {}, () => [
    run.event("checks.left-out", "preflight/left-out", {
      phase: "preflight",
      checks: existing.unchecked,
      because: `${existing.id} is built already, and its source is not at hand`,
    }),
  ]);
}

/** Backs up what is there, and remembers what production serves: where a rollback would lead. */
async function keepTheWayBack(run: ReleaseRun): Promise<Candidate | undefined> {
  const { world, order } = run;
  await run.act(
    "write the backup",
    "writing the backup",
    async (signal) => {
      const backup = await world.backup(order, signal);
      await world.ledger.append([run.event("backup.written", "backup/written", backup)]);
    },
    { attempts: 2 },
  );
  const serving = await run.act(
    "remember the way back",
    "reading what production serves",
    async (signal) => {
      const { deployment } = await world.platform.production(signal);
      if (deployment === undefined) return { previous: null };
      await world.releases.change(
        order.release,
        { previous: { id: deployment.id, address: deployment.address } },
        [
          run.event("way-back.remembered", "way-back", {
            deployment: deployment.id,
            version: deployment.version ?? null,
          }),
        ],
      );
      const { id, address, version } = deployment;
      return { previous: { id, address, version: version ?? "" } };
    },
    { attempts: 5 },
  );
  return serving.previous ?? undefined;
}

/** The notices promised people time to react; the wait is part of the plan and shown with its reason. */
async function waitForTheAnnouncedTime(
  run: ReleaseRun,
  { shiftAt, leadMs }: { shiftAt: number; leadMs: number },
): Promise<void> {
  // A clock that was set back since must not make it longer than was announced.
  const left = async () => Math.min(leadMs, shiftAt - (await run.flow.now()));
  const atMost = await left();
  if (atMost <= 0) return;
  const wait = async () => {
    await run.act(
      "wait for T-0",
      `waiting for the announced time ${new Date(shiftAt).toISOString()}`,
      async () => null,
    );
    await run.pause(await left());
  };
  await run.inPhase("announce", atMost + 60_000, wait, "announce/wait", { waitsUntil: shiftAt });
}

/** What people are told of this release. */
function announcement({ order, world }: ReleaseRun): Announcement {
  const { release, service, environment, version, now } = order;
  return { release, service, environment, version, now, plan: world.settings.plan };
}

/** Remembers that the candidate is good, and writes the release's record. */
async function finish(run: ReleaseRun, candidate: Candidate): Promise<void> {
  const { world, order } = run;
  const at = await run.flow.now();
  await run.act(
    "prove the deployment",
    "marking the deployment as proven good",
    async () => {
      await world.releases.prove(
        {
          service: order.service,
          environment: order.environment,
          deployment: candidate.id,
          address: candidate.address,
          version: order.version,
          release: order.release,
          at,
        },
        [run.event("deployment.proven", "deployment/proven", { deployment: candidate.id }, at)],
      );
    },
    { attempts: 5 },
  );
  await run.act("write the record", "writing the deployment record", async (signal) => {
    const record = {
      version: order.version,
      release: order.release,
      deployment: candidate.id,
      url: candidate.address,
      timestamp: new Date(at).toISOString(),
      deployed_by: order.actor.name,
      verdict: "pass",
      ...(order.commit === null ? {} : { commit: order.commit }),
    };
    // What users get was just proven good: that a file could not be written is no reason to take it from them.
    const event = await world.record(record, signal).then(
      (written) => run.event("record.written", "record/written", written),
      (error: unknown) =>
        run.event("record.failed", "record/failed", {
          because: problemOf(error, () => unexpectedFailure({ release: order.release })).happened,
        }),
    );
    await world.ledger.append([event]);
  });
}

/** Traffic may be on a deployment that is not good: brings it back, proves it, and says so. */
async function goBack(
  run: ReleaseRun,
  way: { from: string | undefined; before: string | undefined },
  problem: ProblemData,
): Promise<ReleaseOutcome> {
  const { world, order, flow } = run;
  const deadline = world.settings.deadlines.rollback;
  const phase: Phase = "rollback";
  const since = await flow.step(
    "rollback: begin",
    async () => {
      const at = world.clock.now();
      await world.releases.change(
        order.release,
        { phase, activity: { phase, doing: "going back", since: at, until: at + deadline } },
        [
          run.event(
            "phase.started",
            "rollback/started",
            { phase, deadlineMs: deadline, because: problem.happened },
            at,
          ),
        ],
      );
      return at;
    },
    { attempts: 10 },
  );
  try {
    await announceRollback(flow, world, { ...announcement(run), because: problem.happened });
    const back = await rollBack(flow, world, world.settings.rollback, {
      service: order.service,
      environment: order.environment,
      release: order.release,
      ...way,
      to: undefined,
      because: problem.happened,
      actor: atomsItself,
      until: since + deadline,
    });
    await run.change("rollback: end", { split: 0 }, () => [
      run.event("phase.finished", "rollback/finished", { phase, ms: back.ms, to: back.to.id }),
    ]);
    return await end(run, "rolled back", `${problem.happened} Production serves ${back.to.id} again.`, {
      problem: { ...problem, stillTrue: `Production serves ${back.to.id} again, proven on every host.` },
    });
  } catch (error) {
    if (isInterruption(error)) throw error;
    const worse = problemOf(error, () => unexpectedFailure({ release: order.release }));
    return end(run, "unsafe", `${problem.happened} And then: ${worse.happened}`, {
      problem: {
        stillTrue: `Traffic may still be on ${way.from ?? "the new deployment"}; \`atoms status\` asks every host.`,
        ...worse,
        fix: worse.code.startsWith("ATM-6")
          ? worse.fix
          : `Ask again with \`atoms rollback\`; repeating it does no harm. ${worse.fix}`,
      },
    });
  }
}

/** Writes down how it ended and tells people. */
async function end(
  run: ReleaseRun,
  state: Exclude<ReleaseState, "running">,
  because: string,
  more: { problem?: ProblemData; shiftedAt?: number },
): Promise<ReleaseOutcome> {
  const { order, flow, world } = run;
  const { problem, shiftedAt } = more;
  await announceEnd(flow, world, { ...announcement(run), state, because, shiftAt: shiftedAt });
  await openItsIncident(flow, world, { state, because, title: `release ${order.version}` });
  const endedAt = await flow.now();
  const outcome = { state, because, ...(problem === undefined ? {} : { problem }) };
  await run.change("end", { ...outcome, endedAt }, () => [run.endedEvent(outcome, endedAt)]);
  return outcome;
}
