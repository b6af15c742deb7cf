import { endOutage, type OutageProgress, type OutageRun, type OutageWorld } from "./recover-outage-end.js";
import { tellOfRecovery } from "./recover-tell.js";
import {
  chooseOutageWay,
  type DnsChange,
  type DnsRecord,
  dnsRefused,
  judgeOutage,
  notSeenOutside,
  type OutageFacts,
  type OutageOrder,
  outsideSeen,
  recordsOfOthers,
  recordWords,
  resolversKeep,
  sameRecords,
  standbyIll,
  stillOut,
  withStanding,
} from "./recovery/index.js";
import type { ReleaseOutcome } from "./release.js";
import { unexpectedFailure } from "./strategies/problems.js";
import { problemOf, ReleaseRun, Stop } from "./strategies/run.js";
import { type FlowDefinition, healthSeen, isInterruption, Problem } from "./terms/index.js";

/**
 * When the service does not answer from where it runs: evidence from outside first, and a judgement of whose fault it is. Then users
 * are led elsewhere: the standby is proven well, the records of their name are changed where nobody else changed them, and what
 * they see is proven from outside. With `back` the same is undone when the outage is over. A release of its own kind, which goes on
 * after a crash.
 */
export function recoverOutageFlow(
  worldOf: (order: OutageOrder) => Promise<OutageWorld>,
): FlowDefinition<OutageOrder, ReleaseOutcome> {
  return {
    name: "recover outage",
    version: 1,
    async run(flow, order) {
      const run: OutageRun = new ReleaseRun(flow, order, await worldOf(order));
      const progress: OutageProgress = { done: [], left: [], moving: false, afterwards: [] };
      let outcome: ReleaseOutcome;
      try {
        await (order.back === undefined ? move(run, progress) : takeBack(run, progress, order.back));
        outcome = { state: "released", because: progress.done.join("; ") };
      } catch (error) {
        if (isInterruption(error)) throw error;
        outcome = stopped(error, order, progress);
      }
      await endOutage(run, progress, outcome);
      return outcome;
    },
  };
}

async function move(run: OutageRun, progress: OutageProgress): Promise<void> {
  const { world, order } = run;
  const { settings } = world;
  progress.left = ["leading users elsewhere", "proving it from outside"];
  const { facts, standby } = await run.inPhase("preflight", settings.deadlines.look, async () => {
    const facts = await look(run);
    const verdict = judgeOutage(facts);
    await run.change("write down what was seen", {}, () => [
      run.event("outage.evidence", "outage/evidence", { ...facts, verdict }),
    ]);
    const way = chooseOutageWay(verdict, { standby: settings.standby !== undefined }, order.way);
    if (way instanceof Problem) throw new Stop("failed", way.toJSON(), true);
    if (settings.standby === undefined) throw new Error("a way to a standby that the playbook lacks");
    progress.incident = await run.act(
      "open an incident",
      "opening an incident",
      () => world.openIncident(`${order.because} ${verdict.because}`),
      { attempts: 4 },
    );
    return { facts, standby: settings.standby };
  });
  await tellOfRecovery(
    run,
    "start",
    "no",
    `${order.service} is out: ${order.because} Leading ${standby.name} to the standby.`,
  );
  await run.inPhase("validate", settings.deadlines.settle + 60_000, async () => {
    await proven(run, "standby", (saw) => standbyIll({ url: standby.url, saw }));
    progress.done.push(`the standby is well at ${standby.url}`);
  });
  const was = recordsSeen(facts);
  await changeTo(run, progress, { name: standby.name, was, to: standby.records });
  progress.afterwards.push(
    "When the outage is over: `atoms recover service_outage --back`. Until then a release changes what the platform serves, which users do not see.",
  );
}

async function takeBack(
  run: OutageRun,
  progress: OutageProgress,
  { name, was, to, release }: NonNullable<OutageOrder["back"]>,
): Promise<void> {
  const { deadlines } = run.world.settings;
  progress.left = [`leading ${name} back to ${recordWords(was)}`, "proving it from outside"];
  await run.inPhase("validate", deadlines.settle + 60_000, async () => {
    await proven(run, "platform", (saw) => stillOut({ saw }));
    progress.done.push("what the platform serves is well at its own address");
  });
  await tellOfRecovery(
    run,
    "start",
    "no",
    `The outage of ${run.order.service} is over: leading ${name} back.`,
  );
  await changeTo(run, progress, { name, was: to, to: was, of: release });
}

const look = (run: OutageRun): Promise<OutageFacts> =>
  run.act("look from outside", "asking everything from outside", (signal) => run.world.look(signal), {
    attempts: 2,
  });

/** What the look saw, which is what a change is compared with. @throws Stop when it could not be read. */
function recordsSeen({ name }: OutageFacts): DnsRecord[] {
  if (name?.read === true) return name.records;
  const { where = "the records", because = "they were not read" } = name ?? {};
  throw new Stop("failed", dnsRefused({ where, because }).toJSON());
}

async function proven(
  run: OutageRun,
  which: "standby" | "platform",
  problem: (saw: string) => Problem,
): Promise<void> {
  const proof = await run.act(
    `prove the ${which}`,
    `waiting until the ${which === "standby" ? "standby" : "service"} says that it is well`,
    (signal) => run.world.proveWell(which, signal),
    { attempts: 3 },
  );
  if (!proof.proven) throw new Stop("failed", problem(healthSeen(proof.hosts)).toJSON());
}

/** Changes the records where nobody else did, and proves it from outside. What they were is written down before. */
async function changeTo(
  run: OutageRun,
  progress: OutageProgress,
  change: { name: string; was: DnsRecord[]; to: DnsRecord[]; of?: string },
): Promise<void> {
  const { world } = run;
  const { name, was, to, of } = change;
  const { shift, settle } = world.settings.deadlines;
  await run.inPhase("shift", shift, async () => {
    // Led there by an earlier try: what that one wrote down is the way back.
    if (!sameRecords(was, to))
      await run.change("write down the intent to move", {}, () => [
        of === undefined
          ? run.event("outage.moving", "outage/moving", { name, was, to })
          : run.event("outage.returning", "outage/returning", { name, was, to, of }),
      ]);
    progress.moving = true;
    const came = await changeRecords(run, progress, { name, was, to });
    if (came.is === "other") {
      progress.moving = false;
      const facts = { name, wanted: recordWords(was), found: recordWords(came.found) };
      throw new Stop("failed", recordsOfOthers(facts).toJSON());
    }
    progress.done.push(
      came.is === "changed"
        ? `${name} was changed from ${recordWords(was)} to ${recordWords(to)}`
        : `${name} leads to ${recordWords(to)} already`,
    );
    progress.left.shift();
    await run.change("write down the move", {}, () => [
      run.event("outage.moved", "outage/moved", { name, was, to, is: came.is }),
    ]);
  });
  await run.inPhase("finish", settle + 60_000, async () => {
    const proof = await run.act(
      "verify from outside",
      "asking name servers, and the service through its name",
      (signal) => world.verifyOutside(to, signal),
      { attempts: 3 },
    );
    await run.change("write down what was seen outside", {}, () => [
      run.event("outage.outside", "outage/outside", { name, ...proof }),
    ]);
    if (!proof.proven) throw new Stop("failed", notSeenOutside({ name, saw: outsideSeen(proof) }).toJSON());
    progress.done.push("the name servers say so, and the service is well through its name");
    progress.left = [];
    progress.afterwards.push(...resolversKeep(was, proof));
  });
}

/** As the provider does it; after a refusal it is looked whether the change was made all the same. */
async function changeRecords(
  run: OutageRun,
  progress: OutageProgress,
  { name, was, to }: { name: string; was: DnsRecord[]; to: DnsRecord[] },
): Promise<DnsChange> {
  const { world, order } = run;
  try {
    return await run.act(
      "change the records",
      `changing ${name} to ${recordWords(to)}`,
      (signal) => world.changeRecords({ name, was, to, key: order.release }, signal),
      { attempts: 2, abortable: false },
    );
  } catch (error) {
    if (isInterruption(error)) throw error;
    const now = await run.flow.step("read the records after a refusal", async (signal) => {
      const found = await world.readRecords(name, signal).catch(() => null);
      signal.throwIfAborted();
      return { found };
    });
    if (now.found !== null && sameRecords(now.found, to) && !sameRecords(was, to)) return { is: "changed" };
    progress.moving = now.found === null || !sameRecords(now.found, was);
    throw error;
  }
}

function stopped(error: unknown, order: OutageOrder, progress: OutageProgress): ReleaseOutcome {
  const { done, left, moving } = progress;
  const refused = error instanceof Stop && error.leaveTraffic;
  const problem = withStanding(
    problemOf(error, () => unexpectedFailure({ release: order.release })),
    {
      done,
      left: refused ? [] : left,
      command: `atoms recover service_outage${order.back === undefined ? "" : " --back"}`,
    },
  );
  const state = moving ? "unsafe" : error instanceof Stop ? error.state : "failed";
  return { state, because: problem.happened, problem };
}
