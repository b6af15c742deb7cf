import {
  type CheckRunSeen,
  type CheckWord,
  checkHoldsBack,
  checkMove,
  checkWordOf,
  isProblem,
  type LedgerEvent,
  type Release,
} from "@atoms/playbook";
import type { CheckRun } from "@atoms/vercel";
import type { ControlPlane, OpenPlaybook, PlaybookRef } from "../control-plane.js";
import { keepLooking } from "../keep-looking.js";

const everyMs = 3_000;
/** How long one control plane has the word for itself, in milliseconds. */
const turnMs = 1_000;
/** A platform that could not be told is tried again after so long, in milliseconds. */
const againMs = 60_000;
/** Of these many of the newest releases it is looked whether the platform shows them. */
const most = 20;
/** For how long a call of the platform is waited for, in milliseconds. */
const patienceMs = 30_000;
const actor = { kind: "atoms", name: "atoms", via: "schedule" } as const;

/**
 * Has the platform show each release as a check beside its deployment, until the signal fires, where the playbook asks for it. It stands
 * beside the releases: none waits for it, and none fails by it. What is shown is reckoned from the releases and from what the platform
 * has, so that a process that dies anywhere leaves nothing that the next one does not finish.
 */
export async function keepTellingChecks(
  plane: ControlPlane,
  ref: PlaybookRef,
  signal: AbortSignal,
): Promise<void> {
  const tell = checkTeller(plane, ref);
  await keepLooking(plane, { what: "telling the platform of releases", everyMs }, () => tell(signal), signal);
}

/** Makes what looks once at the newest releases, and tells the platform what it does not show yet. */
export function checkTeller(plane: ControlPlane, ref: PlaybookRef): (signal?: AbortSignal) => Promise<void> {
  // What is in the ledger as told, so that it is not read again every few seconds; and when to try again what could not be told.
  const told = new Set<string>();
  const notBefore = new Map<string, number>();
  return async (signal) => {
    const open = await plane.open(ref);
    if (open.settings.deployment_check === undefined) return;
    const { releases, ledger } = await plane.store();
    const { service, environment } = open;
    const newest = await releases.list({ service, environment, limit: most });
    for (const release of newest.reverse()) {
      const word = checkWordOf(release, plane.clock.now());
      const key = keyOf(release);
      if (word === undefined || told.has(key) || plane.clock.monotonic() < (notBefore.get(key) ?? 0))
        continue;
      const written = await ledger.read({ release: release.id, kind: "check.told", limit: 50 });
      if (written.some((entry) => entry.key === key)) {
        told.add(key);
        continue;
      }
      if (!(await isMine(plane, release))) continue;
      try {
        const within = AbortSignal.timeout(patienceMs);
        const runs = await tellOnce(
          plane,
          await plane.open({ ...ref, platform: release.platform }),
          release,
          word,
          signal ? AbortSignal.any([signal, within]) : within,
        );
        await write(plane, release, { key, kind: "check.told", data: { runs, ...word } });
        told.add(key);
      } catch (error) {
        if (signal?.aborted) return;
        notBefore.set(key, plane.clock.monotonic() + againMs);
        if (!isProblem(error) && !isTooLate(error)) throw error;
        const because = isProblem(error)
          ? `${error.code} ${error.happened}`
          : "the platform did not answer in time";
        await write(plane, release, {
          key: `${key}/failed`,
          kind: "check.failed",
          data: { because, ...word },
        });
      }
    }
  };
}

/** Says the word where it is not said yet. @returns the runs that were told, if any had to be. */
async function tellOnce(
  plane: ControlPlane,
  open: OpenPlaybook,
  release: Release,
  word: CheckWord,
  signal: AbortSignal,
): Promise<readonly string[]> {
  const { checks } = await open.platform({ start: false });
  const check = await checks.ensure(open.settings.deployment_check?.name ?? "", signal);
  if (check.blocks !== undefined && check.blocks !== "none")
    throw checkHoldsBack({ check: check.name, blocks: check.blocks });
  const deployment = release.candidate?.id ?? "";
  const runs = await checks.runs(deployment, check, signal);
  const move = checkMove(runs.map(seenOf), release.id, word);
  if (move.do === "nothing") return [];
  const those = move.do === "say" ? move.runs : [(await checks.begin(deployment, check, signal)).id];
  const address = pageOf(plane, release);
  const said = {
    status: word.status,
    ...(word.conclusion === undefined ? {} : { conclusion: word.conclusion }),
    conclusionText: word.text,
    externalId: release.id,
    ...(address === undefined ? {} : { externalUrl: address }),
  };
  for (const run of those) await checks.say(deployment, run, said, signal);
  return those;
}

/** One control plane of those that share a store tells of an environment at a time. */
async function isMine(plane: ControlPlane, { service, environment }: Release): Promise<boolean> {
  const { slots } = await plane.store();
  const turn = Math.floor(plane.clock.now() / turnMs) * turnMs;
  const mine = await slots.claim([`check/${service}/${environment}`], turn, String(process.pid));
  return mine.length > 0;
}

const keyOf = ({ id, state }: Release) => `${id}/check/${state}`;

const seenOf = ({ id, status, conclusion, externalId }: CheckRun): CheckRunSeen => ({
  id,
  status,
  ...(conclusion == null ? {} : { conclusion }),
  ...(externalId == null ? {} : { release: externalId }),
});

/** The release's page in the dashboard. The platform's people have no use for an address of this machine's loopback. */
function pageOf(plane: ControlPlane, { id, platform }: Release): string | undefined {
  const base = platform === "vercel" ? plane.env["ATOMS_PUBLIC_URL"] : plane.publicUrl();
  return base === undefined || base === "" ? undefined : `${base.replace(/\/$/, "")}/#/releases/${id}`;
}

const isTooLate = (error: unknown) => error instanceof DOMException && error.name === "TimeoutError";

async function write(
  plane: ControlPlane,
  { id, service, environment, candidate }: Release,
  { key, kind, data }: Pick<LedgerEvent, "key" | "kind" | "data">,
): Promise<void> {
  const { ledger } = await plane.store();
  const deployment = candidate?.id;
  const at = plane.clock.now();
  await ledger.append([
    { key, kind, at, actor, service, environment, release: id, data: { deployment, ...data } },
  ]);
}
