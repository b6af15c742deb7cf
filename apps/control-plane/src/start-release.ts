import {
  type Actor,
  type ExistingDeployment,
  type GateOverrides,
  type Release,
  type ReleaseOrder,
  releaseOf,
  type StrategyKind,
  startedEvent,
} from "@atoms/playbook";
import type { ControlPlane, OpenPlaybook } from "./control-plane.js";
import { ownPaths } from "./playbook-at-hand.js";
import { newReleaseId, versionAt } from "./release-id.js";
import { releaseFlows } from "./release-world.js";
import { keepSource } from "./source.js";
import { refuseAtTheStart } from "./start-gates.js";
import { openGit } from "./workspace/index.js";

/** What is released, as it was found when the release was asked for. */
export type Shipment = {
  /** Digest of the source; empty when it is not known. */
  source: string;
  /** How many files it has, where it was read. */
  files?: number;
  commit: string | null;
  /** Left out when the release makes its own deployment. */
  existing?: ExistingDeployment;
};

/** How it is to be released. */
export type Wish = {
  /** Path of the playbook file. */
  playbook: string;
  /** Folder of the working tree. */
  folder: string;
  strategy?: StrategyKind | undefined;
  variables?: Record<string, string>;
  now?: boolean;
  skip?: readonly string[];
  overrides?: GateOverrides;
  /** Id to release under, so that asking twice begins it once; a new one when left out. */
  release?: string;
  /** When it was asked for, in milliseconds since the epoch; now when left out. */
  startedAt?: number;
  /** Told in the release's first entry: what led to it. */
  because?: Record<string, string>;
};

/** Takes the source of a folder as it is now. */
export async function sourceAsItIs(
  plane: ControlPlane,
  open: OpenPlaybook,
  folder: string,
): Promise<Shipment> {
  const own = ownPaths(open.settings, plane.places.root);
  const snapshot = await keepSource(plane.places, folder, own);
  const git = await openGit(folder, { own, env: plane.env }).state();
  const commit = git.kind === "repository" ? (git.commit ?? null) : null;
  return { source: snapshot.digest, files: snapshot.files.length, commit };
}

/**
 * Opens a release and starts it, unless a gate refuses it already.
 * @throws The gate's problem; ATM-501 when the environment has another running release; the platform's when it is away.
 */
export async function startRelease(
  plane: ControlPlane,
  open: OpenPlaybook,
  { files, ...shipment }: Shipment,
  wish: Wish,
  actor: Actor,
): Promise<Release> {
  const { folder, overrides = {} } = wish;
  const git = openGit(folder, { own: ownPaths(open.settings, plane.places.root), env: plane.env });
  const { commit } = shipment;
  const committedAt = commit === null ? undefined : await git.committedAt(commit);
  // A release that could not even begin is not opened: it would hold the environment.
  await open.platform();
  const startedAt = wish.startedAt ?? plane.clock.now();
  const strategy = wish.strategy ?? open.settings.strategy;
  await refuseAtTheStart(plane, open, { strategy, overrides, startedBy: actor });
  const order: ReleaseOrder = {
    release: wish.release ?? newReleaseId(startedAt),
    service: open.service,
    environment: open.environment,
    platform: open.platformName,
    strategy,
    version: versionAt(startedAt),
    actor,
    startedAt,
    playbook: { path: wish.playbook, text: open.file.text },
    folder,
    ...shipment,
    variables: wish.variables ?? {},
    now: wish.now ?? false,
    skip: [...(wish.skip ?? [])],
    overrides,
  };
  const { releases } = await plane.store();
  const started = startedEvent(order);
  const release = await releases.open(releaseOf(order), [
    { ...started, data: { ...started.data, files, committedAt, ...wish.because } },
  ]);
  const engine = await plane.engine();
  await engine.start(releaseFlows(plane).release, order.release, order);
  return release;
}
