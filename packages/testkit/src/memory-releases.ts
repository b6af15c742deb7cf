import { noSuchRelease, type Proven, type Release, type Releases, releaseRunning } from "@atoms/playbook";
import type { MemoryLedger } from "./memory-ledger.js";

/** Releases in memory, for tests; their events go to the ledger that is given. */
export function memoryReleases(ledger: MemoryLedger): Releases {
  const releases = new Map<string, Release>();
  let proofs: Proven[] = [];

  const running = (service: string, environment: string) =>
    [...releases.values()].find(
      (one) => one.state === "running" && one.service === service && one.environment === environment,
    );
  const refuseSecond = (release: Release) => {
    const other = running(release.service, release.environment);
    if (release.state === "running" && other !== undefined && other.id !== release.id)
      throw releaseRunning(other);
  };
  const known = (id: string) => {
    const release = releases.get(id);
    if (release === undefined) throw noSuchRelease({ release: id });
    return release;
  };
  const newestFirst = (a: Release, b: Release) =>
    b.startedAt - a.startedAt || (a.id < b.id ? 1 : a.id > b.id ? -1 : 0);

  return {
    async open(release, events) {
      const standing = releases.get(release.id);
      if (standing !== undefined) return structuredClone(standing);
      refuseSecond(release);
      ledger.write(events);
      releases.set(release.id, structuredClone(release));
      return structuredClone(release);
    },
    async change(id, change, events) {
      const changed: Release = { ...known(id), ...structuredClone(change) };
      refuseSecond(changed);
      if (changed.state !== "running") delete changed.activity;
      ledger.write(events);
      releases.set(id, changed);
      return structuredClone(changed);
    },
    async doing(id, activity) {
      const release = known(id);
      if (release.state === "running") release.activity = structuredClone(activity);
    },
    get: async (id) => structuredClone(releases.get(id)),
    list: async ({ service, environment, state, limit }) =>
      structuredClone(
        [...releases.values()]
          .filter(
            (one) =>
              (service === undefined || one.service === service) &&
              (environment === undefined || one.environment === environment) &&
              (state === undefined || one.state === state),
          )
          .sort(newestFirst)
          .slice(0, limit),
      ),
    running: async (service, environment) => structuredClone(running(service, environment)),
    async prove(proof, events) {
      ledger.write(events);
      proofs = proofs.filter((one) => !sameDeployment(one, proof));
      proofs.push(structuredClone(proof));
    },
    async disprove(service, environment, deployment) {
      proofs = proofs.filter((one) => !sameDeployment(one, { service, environment, deployment }));
    },
    proven: async (service, environment, limit) =>
      structuredClone(
        proofs
          .filter((one) => one.service === service && one.environment === environment)
          .sort((a, b) => b.at - a.at)
          .slice(0, limit),
      ),
  };
}

function sameDeployment(
  a: Pick<Proven, "service" | "environment" | "deployment">,
  b: Pick<Proven, "service" | "environment" | "deployment">,
): boolean {
  return a.service === b.service && a.environment === b.environment && a.deployment === b.deployment;
}
