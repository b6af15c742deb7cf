import { join, resolve } from "node:path";
import {
  analysisSettings,
  type Candidate,
  compareTargets,
  countedLimits,
  type DeploymentRecord,
  type GroupWorld,
  gateChannelOf,
  type Look,
  type PreflightPorts,
  type PreflightSettings,
  type Proven,
  type ReleaseOrder,
  type ReleaseWorld,
  type RescueOrder,
  type RetireOrder,
  type RollbackByHandOrder,
  releaseFlow,
  releaseGroupFlow,
  rescueFlow,
  retireBlueFlow,
  rollbackByHandFlow,
  runPreflight,
  type Source,
  takeBackup,
  tellBackup,
  validate,
  verdictOf,
  watchSample,
} from "@atoms/playbook";
import type { VercelPlatform } from "@atoms/vercel";
import { openBackupFolder } from "./backups/index.js";
import { canarySource, ownProbes } from "./canary-source.js";
import type { ControlPlane, OpenPlaybook } from "./control-plane.js";
import { portsOfExisting, sourceOfRelease, withoutSource } from "./existing-deployment.js";
import { incidentFinder, rollbackFinder } from "./gate-ports.js";
import { openForRollback } from "./incidents/index.js";
import { sign } from "./notices/index.js";
import { setPlaybookVariables } from "./open-platform.js";
import { ownPaths, planOf, preflightPorts, validationPorts } from "./playbook-at-hand.js";
import { looksSecret } from "./playbook-file/index.js";
import { safetyFacts } from "./safety-facts.js";
import { helperOfCandidate } from "./split-helper.js";
import { whenPossible } from "./when-possible.js";
import { type Git, loadSnapshot, openGit, pruneSnapshots, readBlob, writeRecord } from "./workspace/index.js";

const flowsOf = new WeakMap<ControlPlane, ReturnType<typeof makeFlows>>();

/** The flows of a control plane; the same ones whenever they are asked for. */
export function releaseFlows(plane: ControlPlane): ReturnType<typeof makeFlows> {
  const known = flowsOf.get(plane) ?? makeFlows(plane);
  flowsOf.set(plane, known);
  return known;
}

function makeFlows(plane: ControlPlane) {
  const release = releaseFlow((order) => worldWhenPossible(plane, order));
  const rollback = rollbackByHandFlow((order) => worldWhenPossible(plane, order));
  return {
    release,
    rollback,
    rescue: rescueFlow((order) => worldWhenPossible(plane, order)),
    group: releaseGroupFlow(() => groupWorld(plane), { release, rollback }),
    retire: retireBlueFlow((order) =>
      // Under a name of its own: the release itself has ended, and is neither stuck nor interrupted by what becomes of blue.
      worldWhenPossible(plane, { ...order, release: blueFlowOf(order.release) }),
    ),
  };
}

const blueFlowOf = (release: string) => `${release}/blue`;

async function groupWorld(plane: ControlPlane): Promise<GroupWorld> {
  const { releases, ledger } = await plane.store();
  return {
    releases,
    ledger,
    clock: plane.clock,
    async platform({ release: { playbook, platform } }) {
      const open = await plane.open({ playbook: playbook.path, platform }, playbook.text);
      return open.platform();
    },
  };
}

/** Checks that `--skip` may leave out, and what switches them off. */
export const skippable: Record<string, Partial<PreflightSettings>> = {
  "git-clean": { git_clean: false },
  branch: { branch: false },
  dependencies: { dependencies: false },
  tests: { tests: false },
  variables: { required_variables: [] },
  "way-back": { way_back: false },
  numbers: { numbers: false },
  split: { split: false },
  alerts: { alerts: false },
  disk: { disk_free: false },
};

/** The playbook's preflight with some checks switched off. */
export function preflightWithout(settings: PreflightSettings, skip: readonly string[]): PreflightSettings {
  return Object.assign({}, settings, ...skip.map((name) => skippable[name] ?? {}));
}

/** The preflight of an order: without what was left out by name, or what cannot be looked at. */
function preflightOf(
  settings: PreflightSettings,
  { skip, existing }: Pick<ReleaseOrder, "skip" | "existing">,
): PreflightSettings {
  const left = preflightWithout(settings, skip);
  return existing === undefined ? left : withoutSource(left, existing.branch);
}

function preflightPortsOf(
  plane: ControlPlane,
  open: OpenPlaybook,
  platform: VercelPlatform,
  { folder, strategy, existing }: ReleaseOrder,
  proven: () => Promise<Proven[]>,
): PreflightPorts {
  const ports = preflightPorts(plane, open, platform, folder, proven, strategy);
  return existing === undefined ? ports : portsOfExisting(ports, existing);
}

type WorldOrder = ReleaseOrder | RollbackByHandOrder | RetireOrder | RescueOrder;

const worldWhenPossible = (plane: ControlPlane, order: WorldOrder): Promise<ReleaseWorld> =>
  whenPossible(plane, order.release, () => worldOf(plane, order));

/** Puts a release's world together from its order: the playbook as it was then, the environment as it is now. */
async function worldOf(plane: ControlPlane, order: WorldOrder): Promise<ReleaseWorld> {
  const open = await plane.open(
    { playbook: order.playbook.path, platform: order.platform },
    order.playbook.text,
  );
  const { settings } = open;
  const platform = await open.platform();
  const { releases, ledger, outbox, incidents } = await plane.store();
  const { places, clock, http } = plane;
  const proven = () => releases.proven(order.service, order.environment, 20);
  const own = ownPaths(settings, places.root);
  const analysis = analysisSettings(settings.canary, settings.service.kind);
  // One source for the whole release: it remembers where its last bucket ended.
  let source: Source | undefined;
  let probes: Source | undefined;
  const git = openGit(order.folder, { own, env: plane.env });

  return {
    settings: {
      standard: settings.standard,
      "blue-green": settings["blue-green"],
      canary: settings.canary,
      analysis,
      deadlines: settings.deadlines,
      rollback: settings.rollback,
      contract: settings.validation.contract,
      plan: settings.deployment_communication,
      gates: settings.gates,
      gateChannel: gateChannelOf(settings),
    },
    platform,
    releases,
    ledger,
    outbox,
    http,
    clock,
    interrupted: plane.interrupted(order.release),
    sign,
    rollbackOf: rollbackFinder(ledger, order),
    openIncidents: incidentFinder(incidents, order),

    preflight: (asked, onFinding, signal) =>
      runPreflight(
        preflightOf(settings.preflight, asked),
        preflightPortsOf(plane, open, platform, asked, proven),
        onFinding,
        signal,
      ),

    async safety({ service, environment, source: digest, variables, existing }, signal) {
      const source = await sourceOfRelease(places, digest);
      const built = existing !== undefined;
      return safetyFacts(
        { settings, platform, releases, places, service, environment, source, variables, built },
        signal,
      );
    },

    async backup(asked, signal) {
      const { service, environment, release, startedAt } = asked;
      const taken = await takeBackup(
        settings.backup,
        {
          platform,
          store: openBackupFolder({
            folder: resolve(places.root, settings.backup.folder),
            recipients: settings.backup.recipients,
            keyFile: join(places.keys, "backup.agekey"),
          }),
          running: async () => (await releases.list({ state: "running", limit: 100 })).map((r) => r.id),
        },
        { service, environment, release, platform: asked.platform, at: startedAt },
        signal,
      );
      const kept = taken.notPruned.map((id) => ` The old backup ${id} could not be removed.`).join("");
      return { folder: taken.backup.folder, note: tellBackup(taken.backup) + kept };
    },

    setVariables: (signal) => setPlaybookVariables(settings, platform, looksSecret, signal),
    source: (digest) => loadSnapshot(places.snapshots, digest),
    readSource: (file) => readBlob(places.blobs, file.sha1, file.path),

    async validate(candidate, onFinding, signal) {
      const { id, address, version } = candidate;
      const checked = await validate(
        {
          address,
          deployment: id,
          ...(version === "" ? {} : { version }),
          headers: platform.passHeaders(),
        },
        planOf(settings),
        validationPorts(plane, open, signal),
        onFinding,
      );
      const helper =
        "strategy" in order && order.strategy === "canary"
          ? await helperOfCandidate(http, platform, candidate, signal)
          : undefined;
      if (helper === undefined) return checked;
      onFinding(helper);
      const findings = [...checked.findings, helper];
      return { findings, verdict: helper.outcome === "pass" ? checked.verdict : verdictOf(findings) };
    },

    contract: ({ stable, candidate }, signal) => {
      const target = ({ id, address }: Candidate) => ({
        deployment: id,
        address,
        headers: platform.passHeaders(),
      });
      return compareTargets(
        stable === undefined ? undefined : target(stable),
        target(candidate),
        planOf(settings),
        validationPorts(plane, open, signal),
      );
    },

    async look(candidate, hosts, signal) {
      const samples = await Promise.all(
        hosts.map((address) =>
          watchSample(
            { address, deployment: candidate.id, headers: platform.passHeaders() },
            planOf(settings),
            validationPorts(plane, open, signal),
          ),
        ),
      );
      return worstOf(samples, hosts);
    },

    async measure(arms, window, signal, note) {
      const headers = platform.passHeaders();
      source ??= canarySource(plane, open, platform, analysis.guardrails);
      const target = ({ id, address, version }: Candidate) => ({ deployment: id, address, headers, version });
      const both = { canary: target(arms.canary), stable: target(arms.stable) };
      if (window.probing !== true) return source.measure(both, window, signal, note);
      probes ??= ownProbes(plane, open, countedLimits(analysis.guardrails));
      return probes.measure(both, window, signal, note);
    },

    async touch(address, signal) {
      const url = address + settings.service.health;
      const answer = await http.send({ url, headers: platform.passHeaders(), timeoutMs: 10_000 }, signal);
      if (!answer.answered) return { ok: false, saw: answer.message, ms: answer.ms };
      return { ok: answer.status < 500, saw: `answers ${answer.status}`, ms: answer.ms };
    },

    ...incidentOf(plane, open, order),

    async retire(retiring) {
      const engine = await plane.engine();
      await engine.start(releaseFlows(plane).retire, blueFlowOf(retiring.release), retiring);
    },

    async record(record, signal) {
      const written = await writeRecord(places.records, record);
      const tag = await tagRelease(git, record, signal);
      await pruneSources(plane, order).catch((error: unknown) =>
        plane.reportBug("removing old sources", error),
      );
      return { file: written.path, tag };
    },
  };
}

/** The incident of a release that is taken back, where the playbook wants one. */
function incidentOf(
  plane: ControlPlane,
  open: OpenPlaybook,
  order: WorldOrder,
): Pick<ReleaseWorld, "openIncident"> {
  const wanted = open.settings.incidents.on_rollback;
  if (wanted === "never") return {};
  const ref = { playbook: order.playbook.path, platform: order.platform };
  const { release: id, service, environment } = order;
  return {
    async openIncident({ title, because, unsafe }) {
      const severity = unsafe ? "P1" : wanted;
      await openForRollback(plane, open, ref, { id, service, environment }, { severity, title, because });
    },
  };
}

/** Sources of the newest releases are kept, so that one can be looked at or shipped again. */
const sourcesKept = 20;

async function pruneSources(plane: ControlPlane, order: WorldOrder): Promise<void> {
  const { releases } = await plane.store();
  const recent = await releases.list({ service: order.service, limit: sourcesKept });
  const running = await releases.list({ state: "running", limit: 100 });
  await pruneSnapshots(
    plane.places,
    [...recent, ...running].map((release) => release.source),
    plane.clock.now(),
  );
}

/** The worst look over all hosts: what one host does badly, its users have in full. */
function worstOf(samples: readonly Look[], hosts: readonly string[]): Look {
  const worst = samples.findIndex((sample) => !sample.ok);
  const at = worst === -1 ? 0 : worst;
  const sample = samples[at];
  if (sample === undefined) return { ok: false, saw: "production has no host", ms: 0 };
  const saw = hosts.length > 1 ? `${hosts[at]}: ${sample.saw}` : sample.saw;
  return { ok: sample.ok, saw, ms: Math.max(...samples.map((s) => s.ms)) };
}

/** Tags the commit that was released and pushes the tag; a remote that does not take it fails no release. */
async function tagRelease(git: Git, record: DeploymentRecord, signal: AbortSignal): Promise<string> {
  const { version, release, commit } = record;
  if (commit === undefined) return "no tag: there was no git commit";
  try {
    await git.tag(version, { message: `Release ${release}`, commit, signal });
  } catch (error) {
    return `no tag: ${error instanceof Error ? error.message : String(error)}`;
  }
  const pushed = await git.pushTag(version, { signal });
  return pushed.pushed
    ? `tag ${version}, pushed to ${pushed.remote}`
    : `tag ${version}, not pushed: ${pushed.because}`;
}
