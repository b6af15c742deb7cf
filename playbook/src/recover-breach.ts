import { challenge, endChallenge } from "./recover-breach-attack.js";
import {
  type OldDeploymentsGone,
  type OldDeploymentsWorld,
  removeOldDeployments,
} from "./recover-breach-old.js";
import { tellOfRecovery } from "./recover-tell.js";
import {
  type AttackModeOn,
  type BreachOrder,
  type BreachPorts,
  type BreachSecret,
  type Evidence,
  nothingToRedeploy,
  notWellAfterRotation,
  secretWords,
  spanWords,
  withStanding,
} from "./recovery/index.js";
import {
  type Artefact,
  proveArtefact,
  type RedeployProgress,
  type RedeployWorld,
  redeployServing,
  served,
} from "./redeploy.js";
import type { ReleaseOutcome } from "./release.js";
import { unexpectedFailure } from "./strategies/problems.js";
import { problemOf, ReleaseRun, Stop } from "./strategies/run.js";
import { type FlowDefinition, isInterruption, timeText } from "./terms/index.js";

/** All that a recovery from a breach stands on. */
export type BreachWorld = RedeployWorld & OldDeploymentsWorld & BreachPorts;

type Run = ReleaseRun<BreachOrder, BreachWorld>;
type Progress = RedeployProgress & {
  /** One sentence each, in their order. */
  done: string[];
  evidence?: Evidence;
  incident?: string;
  /** Variables that have a new value, and those that people must still see to. */
  made: BreachSecret[];
  open: string[];
  /** Variables that were given to the platform. */
  set: string[];
  /** What the other side has taken, and when, by its own clock. */
  switched: { secret: BreachSecret; at: string }[];
  credentials?: number;
  attackMode?: AttackModeOn;
  oldDeployments?: OldDeploymentsGone;
};

const command = "atoms recover security_breach";

/**
 * After a breach: evidence first, then every secret of the list gets a new value, what serves is built once more with them and
 * proven, production moves to it, and what came in by old secrets is ended. A new value is made once: it is kept before anything
 * uses it, and every later try uses the same. A release of its own kind, which goes on after a crash.
 */
export function recoverBreachFlow(
  worldOf: (order: BreachOrder) => Promise<BreachWorld>,
): FlowDefinition<BreachOrder, ReleaseOutcome> {
  return {
    name: "recover breach",
    version: 1,
    async run(flow, order) {
      const world = await worldOf(order);
      const run: Run = new ReleaseRun(flow, order, world);
      const progress: Progress = {
        moving: false,
        shifted: false,
        done: [],
        made: [],
        open: [],
        set: [],
        switched: [],
      };
      let outcome: ReleaseOutcome;
      try {
        await recover(run, progress);
        outcome = { state: "released", because: progress.done.join("; ") };
      } catch (error) {
        if (isInterruption(error)) throw error;
        const back = progress.moving ? [] : await switchBack(run, progress);
        outcome = stopped(error, order, progress, back);
      }
      await end(run, progress, outcome);
      return outcome;
    },
  };
}

async function recover(run: Run, progress: Progress): Promise<void> {
  const { world, order } = run;
  const { within } = world;
  await run.inPhase("preflight", within.evidence, () => secure(run, progress));
  await tellOfRecovery(
    run,
    "start",
    "no",
    `Security breach of ${order.service}: rotating ${world.secrets.map(({ variable }) => variable).join(", ")}. ${order.because}`,
  );
  await run.inPhase("restore", within.values, async () => {
    for (const secret of world.secrets) await makeValue(run, secret, progress);
  });
  const { candidate, hosts } = await redeployServing(run, progress, {
    nothing: () => nothingToRedeploy(order).toJSON(),
    before: () => setVariables(run, progress),
    prove: (name, made) => proven(run, progress, name, made),
  });
  progress.done.push(
    `production serves ${candidate.id}, proven well on ${hosts.length === 1 ? "its host" : `${hosts.length} hosts`}`,
  );
  await run.inPhase("finish", within.values, () => shutOut(run, progress));
  if (world.old === "remove")
    await run.inPhase(
      "finish",
      within.removal,
      () => removeOld(run, candidate, progress),
      "remove old deployments",
    );
}

/** Evidence before anything is changed, and somebody who knows. */
async function secure(run: Run, progress: Progress): Promise<void> {
  const { world, order } = run;
  const serving = await served(run);
  if (serving === null) throw new Stop("failed", nothingToRedeploy(order).toJSON(), true);
  const evidence = await run.act(
    "keep evidence",
    "keeping logs and ledger as evidence",
    (signal) => world.keepEvidence(serving.id, signal),
    { attempts: 3 },
  );
  progress.evidence = evidence;
  progress.done.push(`evidence is in ${evidence.folder} (${evidence.files.length} files)`);
  await run.change("write down the evidence", {}, () => [
    run.event("breach.evidence", "breach/evidence", { ...evidence }),
  ]);
  progress.incident = await run.act(
    "open an incident",
    "opening an incident",
    () => world.openIncident(order.because),
    {
      attempts: 4,
    },
  );
  const attackMode = await challenge(run);
  if (attackMode === undefined) return;
  progress.attackMode = attackMode;
  if (attackMode.is !== "refused")
    progress.done.push("visitors that the platform does not know are challenged");
}

async function makeValue(run: Run, secret: BreachSecret, progress: Progress): Promise<void> {
  const { variable, kind } = secret;
  const { is } = await run.act(
    `make a new value of ${variable}`,
    `making a new value of ${variable}`,
    (signal) => run.world.makeValue(secret, signal),
    { attempts: 2 },
  );
  await run.change(`write down that ${variable} has a new value`, {}, () => [
    run.event("breach.secret", `breach/secret/${variable}`, {
      variable,
      kind,
      is,
      does: secretWords(secret),
    }),
  ]);
  if (is === "open") progress.open.push(variable);
  else progress.made.push(secret);
}

async function setVariables(run: Run, progress: Progress): Promise<void> {
  for (const secret of progress.made) {
    const { variable } = secret;
    await run.act(
      `set ${variable}`,
      `giving ${variable} to the platform`,
      (signal) => run.world.setVariable(secret, signal),
      { attempts: 4 },
    );
    await run.change(`write down that ${variable} is set`, {}, () => [
      run.event("breach.set", `breach/set/${variable}`, { variable }),
    ]);
    progress.set.push(variable);
    progress.done.push(`${variable} has a new value for later deployments`);
  }
}

/** Proves that it is well; of a candidate, with what must change on both sides changed the moment before. */
async function proven(run: Run, progress: Progress, name: string, candidate: Artefact | undefined) {
  const { world } = run;
  if (candidate !== undefined)
    for (const secret of progress.made) {
      if (secret.kind !== "postgres_password") continue;
      // Noted first: a try that is cut short may have done it.
      progress.switched.push({ secret, at: "" });
      const at = await run.act(
        `switch ${secret.variable} over`,
        `having ${secret.database} take its new password`,
        (signal) => world.switchOver(secret, signal),
        { attempts: 2 },
      );
      progress.switched.splice(-1, 1, { secret, at });
    }
  return proveArtefact(run, progress, {
    name,
    candidate,
    problem: (seen) => notWellAfterRotation(seen).toJSON(),
  });
}

/** What came in by old secrets is ended. */
async function shutOut(run: Run, progress: Progress): Promise<void> {
  const { world } = run;
  for (const { secret, at } of progress.switched) {
    const ended = await run.act(
      `end sessions by the old ${secret.variable}`,
      "ending sessions that came in by the old password",
      (signal) => world.endSessions(secret, at, signal),
      { attempts: 4 },
    );
    progress.done.push(
      `${secret.variable}: the old password opens nothing, and ${ended === 1 ? "1 session" : `${ended} sessions`} by it ${ended === 1 ? "was" : "were"} ended`,
    );
  }
  const credentials = await run.act(
    "end credentials",
    "ending tokens and sessions of Atoms",
    () => world.endCredentials(),
    {
      attempts: 4,
    },
  );
  progress.credentials = credentials;
  progress.done.push(
    `${credentials === 1 ? "1 token, session or link" : `${credentials} tokens, sessions and links`} of Atoms ended`,
  );
}

/** What was built with the old values answers nobody any more. */
async function removeOld(run: Run, inService: Artefact, progress: Progress): Promise<void> {
  const gone = await removeOldDeployments(run, inService);
  const { removed } = gone;
  progress.oldDeployments = gone;
  progress.done.push(
    `${removed === 1 ? "1 deployment" : `${removed} deployments`} with the old values ${removed === 1 ? "was" : "were"} removed`,
  );
}

/** Before traffic has moved, what serves goes on with what it has. @returns what could not be taken back. */
async function switchBack(run: Run, progress: Progress): Promise<string[]> {
  const left: string[] = [];
  for (const { secret } of progress.switched) {
    const back = await run.flow.step(
      `switch ${secret.variable} back`,
      async (signal) => {
        try {
          await run.world.switchBack(secret, signal);
          return true;
        } catch (error) {
          if (signal.aborted || isInterruption(error)) throw error;
          return false;
        }
      },
      { attempts: 3 },
    );
    if (!back) left.push(secret.variable);
  }
  return left;
}

function stopped(
  error: unknown,
  order: BreachOrder,
  progress: Progress,
  back: readonly string[],
): ReleaseOutcome {
  const { moving, shifted, done, made, set, switched, credentials } = progress;
  const refused = error instanceof Stop && error.leaveTraffic;
  const problem = problemOf(error, () => unexpectedFailure({ release: order.release }));
  const left = [
    ...made.filter(({ variable }) => !set.includes(variable)).map(({ variable }) => `setting ${variable}`),
    ...(shifted ? [] : ["deploying again with the new values, and proving it"]),
    ...(credentials === undefined ? ["ending tokens and sessions of Atoms"] : []),
  ];
  const told = withStanding(problem, { done, left: refused ? [] : left, command });
  const more = [
    ...(!moving && set.length > 0
      ? ["What serves has its old secrets still; do not deploy otherwise until this is through."]
      : []),
    ...(switched.length > 0 && !moving && back.length === 0
      ? ["The database has its old password again, so that what serves goes on."]
      : []),
    ...(progress.attackMode?.is === "on"
      ? [
          `The platform challenges visitors that it does not know until ${timeText(progress.attackMode.until)}.`,
        ]
      : []),
    ...back.map(
      (variable) =>
        `${variable}: the old password could not be set again, so what serves may not open new sessions.`,
    ),
  ];
  const stillTrue = [told.stillTrue ?? "", ...more].filter((part) => part !== "").join(" ");
  const state = moving && !shifted ? "unsafe" : error instanceof Stop ? error.state : "failed";
  return {
    state,
    because: problem.happened,
    problem: { ...told, ...(stillTrue === "" ? {} : { stillTrue }) },
  };
}

async function end(run: Run, progress: Progress, outcome: ReleaseOutcome): Promise<void> {
  const { flow, order, world } = run;
  const { release, service, environment, version } = order;
  const { shifted, candidate, made, open, evidence, incident, credentials, oldDeployments } = progress;
  const well = outcome.state === "released";
  const endedAt = await flow.now();
  const rtoMs = endedAt - order.startedAt;
  const challenged = well ? await endChallenge(run, progress.attackMode) : [];
  const aside = well
    ? await flow.step("put the new values aside", () => world.finish(open), { attempts: 3 })
    : [];
  const afterwards = [...challenged, ...(oldDeployments?.left ?? []), ...aside];
  const text = well
    ? `${service} has new secrets after ${spanWords(rtoMs)}: ${outcome.because}.${afterwards.length === 0 ? "" : ` Left to people: ${afterwards.length} things.`}`
    : `The recovery of ${service} from a breach ended without success: ${outcome.because} ${outcome.problem?.stillTrue ?? ""}`.trim();
  await tellOfRecovery(run, "end", well ? "well" : "badly", text);
  await flow.step(
    "end",
    async () => {
      if (shifted && candidate !== undefined) {
        // What was there before has secrets that others know: it is no way back.
        for (const { deployment } of await world.releases.proven(service, environment, 100))
          if (deployment !== candidate.id) await world.releases.disprove(service, environment, deployment);
        const { id: deployment, address } = candidate;
        const proof = { service, environment, deployment, address, version, release, at: endedAt };
        await world.releases.prove(proof, []);
      }
      await world.releases.change(release, { ...outcome, endedAt }, [
        run.event(
          "recovery.finished",
          "recovery/finished",
          {
            scenario: "security_breach",
            state: outcome.state,
            because: outcome.because,
            rotated: made.map(({ variable }) => variable),
            open,
            evidence: evidence?.folder ?? null,
            incident: incident ?? null,
            credentials: credentials ?? 0,
            ...(oldDeployments === undefined ? {} : { removed: oldDeployments.removed }),
            ...(well ? { rtoMs } : {}),
            afterwards,
          },
          endedAt,
        ),
        run.endedEvent(outcome, endedAt),
      ]);
    },
    { attempts: 5 },
  );
}
