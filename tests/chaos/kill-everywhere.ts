import { existsSync, readFileSync, rmSync } from "node:fs";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import type { Release } from "@atoms/playbook";
import { openStore, type Store } from "@atoms/store";
import { startFaultyCloud } from "../cli/faulty-cloud.js";
import { ownDatabase, testPostgres } from "../cli/own-database.js";
import { type Line, openShop, playbook } from "../cli/shop.js";

const preload = fileURLToPath(new URL("./kill-point.mjs", import.meta.url));

/** Where the store of a lane is. */
export type StoreKind = "PGlite" | "PostgreSQL";

/** One kind of release that is killed: how it goes when nobody disturbs it. */
export type Scenario = {
  strategy: "standard" | "blue-green" | "canary";
  candidate: "good" | "bad";
};

export const scenarios: readonly Scenario[] = (["standard", "blue-green", "canary"] as const).flatMap(
  (strategy) => (["good", "bad"] as const).map((candidate) => ({ strategy, candidate })),
);

/** What is left of a release when all is over: what must not depend on whether a process died on the way. */
export type Remains = {
  state: string;
  /** Whether production's users get the deployment this release made; otherwise they get what they had before. */
  servesCandidate: boolean;
  /** Deployments on the platform that this release made. */
  deployments: number;
  /** Whether the platform splits traffic. */
  split: boolean;
  /** Every kind of event in the ledger, once each. */
  kinds: string[];
  /** Events that may happen once only and stand there more often. */
  repeated: string[];
  /** Notices that were neither delivered, nor wait to be, nor were cancelled by the end, by their text. */
  undelivered: string[];
  /** "intact", or what `atoms ledger --verify` said instead. */
  ledger: string;
  /** Entries that the killed command had shown, and that are gone or changed. */
  lost: string[];
};

/** A lane: a shop, its cloud, its store and a receiver of notices, in which releases are killed one after the other. */
export interface Lane {
  /** Lets a release run undisturbed. @returns what is left, and every point at which it could be killed. */
  undisturbed(scenario: Scenario): Promise<{ remains: Remains; points: string[] }>;
  /** Kills a release at a point and goes on with it. */
  killedAt(scenario: Scenario, point: string): Promise<Killed>;
  /**
   * Kills a release again and again: whoever goes on with it dies as well, and at last one is left to end it.
   * @param strides How many points each of them reaches before it dies at the last of these; as many as may die.
   */
  killedAgain(scenario: Scenario, strides: readonly number[]): Promise<KilledAgain>;
  close(): Promise<void>;
}

/** What came of a kill. */
export type Killed =
  | { kind: "killed"; remains: Remains }
  /** The release was not opened yet, or no step of it had begun: nothing of it may be left. */
  | { kind: "before it began"; left: string[] }
  /** The point was not reached: how often a call is made depends on the clock. */
  | { kind: "missed"; remains: Remains };

/** What came of kills of one release. */
export type KilledAgain = {
  /** Where each process died. */
  points: string[];
} & ({ kind: "killed"; remains: Remains } | { kind: "before it began"; left: string[] });

const once = [
  "release.started",
  "deployment.created",
  "traffic.shifting",
  "traffic.shifted",
  "deployment.proven",
  "record.written",
  "rollback.verified",
  "release.ended",
];

const settings = (receiver: string) => `canary:
  steps: [50, 100]
  bake: 10s
  interval: 1s
  warm_up: 500ms
  step_minimum: 1s
  min_requests: 20
  profile: strict
  source: probe
  probe: { rate: 40, paths: [/products] }
  guardrails: [{ kind: errors, id: error rate, limit: 0.02 }]
  watch: { duration: 1s, interval: 300ms, failures: 2, consecutive: 2 }
blue-green:
  warm_up: 3
  watch: { duration: 1s, interval: 300ms, failures: 2, consecutive: 2 }
notification_channels:
  webhook: { url: "${receiver}" }
deployment_communication:
  pre_deployment: [{ channel: "#d", message: "starting", timing: T-1 minutes }]
  post_deployment: [{ channel: "#d", message: "complete", timing: T+1 minutes }]
  rollback: [{ channel: "#d", message: "going back", timing: Immediate }]
`;

/** Opens a lane. Close it when done. */
export async function openLane(store: StoreKind): Promise<Lane> {
  const received = await receiver();
  const shop = openShop(playbook(settings(received.url)));
  const database = store === "PostgreSQL" ? await ownDatabase(testPostgres()) : undefined;
  if (database !== undefined) shop.env["DATABASE_URL"] = database.url;
  const cloud = await startFaultyCloud(shop);
  const trace = join(shop.folder, "..", `${shop.folder.split("/").pop()}.points`);
  const first = await shop.json("deploy", "--now");
  if (first.last.release?.state !== "released")
    throw new Error(`the first release: ${JSON.stringify(first.last)}`);

  const ask = (path: string, method = "GET") =>
    fetch(`${cloud.api}${path}${path.includes("?") ? "&" : "?"}teamId=${cloud.team}`, {
      method,
      headers: { authorization: `Bearer ${cloud.token}` },
    });
  const deployments = async () => {
    const { deployments: all } = (await (await ask("/v6/deployments?limit=100")).json()) as {
      deployments: { uid: string; meta?: Record<string, string> }[];
    };
    return all;
  };
  const splitting = async () => {
    const answer = await ask("/v1/projects/shop/rolling-release");
    const { rollingRelease } = (await answer.json()) as { rollingRelease?: { state: string } | null };
    return rollingRelease?.state === "ACTIVE";
  };
  // Read here and not by commands, which would be most of the time that a kill takes.
  const inStore = async <T>(read: (store: Store) => Promise<T>): Promise<T> => {
    const store = await openStore(
      database === undefined ? { folder: join(shop.folder, ".atoms", "store") } : { url: database.url },
    );
    return read(store).finally(() => store.close());
  };
  const newest = async (): Promise<Release | undefined> =>
    (await inStore(({ releases }) => releases.list({ limit: 1 })))[0];

  const commandOf = ({ strategy, candidate }: Scenario) => [
    "deploy",
    "--now",
    "--strategy",
    strategy,
    ...(candidate === "bad" ? ["--env", "MODE=two-faced"] : []),
  ];
  const withHook = async <T>(hook: Record<string, string>, work: () => Promise<T>): Promise<T> => {
    Object.assign(shop.env, { NODE_OPTIONS: `--import=${preload}`, KILL_API: cloud.api, ...hook });
    try {
      return await work();
    } finally {
      for (const key of ["NODE_OPTIONS", "KILL_API", ...Object.keys(hook)]) delete shop.env[key];
    }
  };

  const remainsOf = async (id: string, before: string, shown: readonly Line[]): Promise<Remains> => {
    const { entries, ledger, kept } = await inStore(async (store) => ({
      entries: await store.ledger.read({ release: id, limit: 10_000 }),
      ledger: await ledgerIs(store),
      // Whoever died right after the end has left them to the next command; one of the start that was in the hands of the
      // dead when the release ended is cancelled, as the ledger says, and the end is told instead.
      kept: (await store.outbox.list({ release: id, limit: 1_000 })).filter(({ state }) => state !== "dead"),
    }));
    const ended = entries.find((entry) => entry.kind === "release.ended");
    const made = (await deployments()).filter((one) => one.meta?.["atomsReleaseId"] === id);
    const visits = await Promise.all(Array.from({ length: 12 }, (_, i) => cloud.visit(`10.1.${i}.7`)));
    const serving = new Set(visits.map((visit) => visit.deployment));
    if (serving.size !== 1) throw new Error(`users of ${id} get ${[...serving].join(" and ")}`);
    const [serves] = serving;
    if (serves !== made[0]?.uid && serves !== before)
      throw new Error(`users get ${serves}, which is neither`);
    const texts = new Set([...received.of(id), ...kept.map(({ text }) => text)]);
    const kinds = entries.map((entry) => entry.kind);
    const byKey = new Map(entries.map((entry) => [entry.key, entry.hash]));
    const wanted =
      ended?.data["state"] === "released" ? ["starting", "complete"] : ["starting", "going back"];
    return {
      state: String(ended?.data["state"] ?? "never ended"),
      servesCandidate: serves === made[0]?.uid,
      deployments: made.length,
      split: await splitting(),
      // A notice that arrived, and whose sender died before it could write that down, is cancelled if the release ends
      // before its turn comes again. Whether it arrived is what `undelivered` says.
      kinds: [...new Set(kinds)].filter((kind) => kind !== "notice.cancelled").sort(),
      repeated: once.filter((kind) => kinds.filter((one) => one === kind).length > 1),
      undelivered: wanted.filter((text) => !texts.has(text)),
      ledger,
      lost: shown
        .filter((line) => typeof line.hash === "string" && byKey.get(line.key) !== line.hash)
        .map((line) => line.key),
    };
  };
  /** The cloud keeps what production serves and may go back to; the rest would only slow the lane down. */
  const tidy = async () => {
    const serving = (await cloud.visit()).deployment;
    for (const one of (await deployments()).slice(4))
      if (one.uid !== serving) await ask(`/v13/deployments/${one.uid}`, "DELETE");
  };

  return {
    async undisturbed(scenario) {
      const before = (await cloud.visit()).deployment ?? "";
      rmSync(trace, { force: true });
      const { last } = await withHook({ KILL_POINTS_TO: trace }, () => shop.json(...commandOf(scenario)));
      const remains = await remainsOf(last.release.id, before, []);
      const points = existsSync(trace) ? readFileSync(trace, "utf8").trim().split("\n") : [];
      return { remains, points: [...new Set(points)] };
    },
    async killedAt(scenario, point) {
      await tidy();
      const before = (await cloud.visit()).deployment ?? "";
      const last = await newest();
      const killed = await withHook({ KILL_AT: point }, () => shop.json(...commandOf(scenario)));
      const release = await newest();
      if (killed.code === null && release?.id === last?.id) {
        const made = (await deployments()).filter((one) => one.meta?.["atomsReleaseId"] === release?.id);
        const serves = (await cloud.visit()).deployment;
        return {
          kind: "before it began",
          left: [
            ...(serves === before ? [] : [`production serves ${serves}`]),
            ...(release?.state === "running" ? ["a running release"] : []),
            ...(made.length > 1 ? ["a deployment"] : []),
          ],
        };
      }
      if (release === undefined) throw new Error("the first release is gone from the store");
      if (killed.code === null && release.state === "running") await shop.json("deploy", "--resume");
      const remains = await remainsOf(release.id, before, killed.lines);
      if (killed.code === null && neverBegan(remains))
        return { kind: "before it began", left: leftovers(remains) };
      return { kind: killed.code === null ? "killed" : "missed", remains };
    },
    async killedAgain(scenario, strides) {
      await tidy();
      const before = (await cloud.visit()).deployment ?? "";
      const last = await newest();
      const points: string[] = [];
      const shown: Line[] = [];
      let release: Release | undefined;
      for (const stride of strides) {
        rmSync(trace, { force: true });
        const words = release === undefined ? commandOf(scenario) : ["deploy", "--resume"];
        const hook = { KILL_AFTER: String(stride), KILL_POINTS_TO: trace };
        const ended = await withHook(hook, () => shop.json(...words));
        shown.push(...ended.lines);
        if (release === undefined) {
          const now = await newest();
          release = now?.id === last?.id ? undefined : now;
        }
        // Ended by itself before it came so far, or found that there is nothing left to go on with.
        if (ended.code !== null) break;
        points.push(readFileSync(trace, "utf8").trim().split("\n").at(-1) ?? "nowhere");
      }
      if (release === undefined) return { kind: "before it began", points, left: [] };
      if ((await newest())?.state === "running") await shop.json("deploy", "--resume");
      const remains = await remainsOf(release.id, before, shown);
      return neverBegan(remains)
        ? { kind: "before it began", points, left: leftovers(remains) }
        : { kind: "killed", points, remains };
    },
    async close() {
      await shop.close();
      await cloud.close();
      await received.close();
      await database?.drop();
      rmSync(trace, { force: true });
    },
  };
}

async function ledgerIs(store: Store): Promise<string> {
  const checked = await store.ledger.verify();
  return checked.intact ? "intact" : JSON.stringify(checked);
}

/** Opened, and killed before its flow had begun: it is ended, and says that nothing was touched. */
const neverBegan = ({ kinds }: Remains) => kinds.join() === "release.ended,release.started";

/** What a release that never began has left all the same. */
function leftovers({ state, deployments, split, servesCandidate, ledger, lost }: Remains): string[] {
  return [
    ...(state === "failed" ? [] : [`it ended ${state}`]),
    ...(deployments === 0 ? [] : ["a deployment"]),
    ...(split ? ["a split"] : []),
    ...(servesCandidate ? ["production serves it"] : []),
    ...(ledger === "intact" ? [] : [`a ledger of which is said: ${ledger}`]),
    ...lost.map((key) => `the entry ${key} is lost`),
  ];
}

/** Receives notices, as any webhook would. */
async function receiver(): Promise<{ url: string; of(release: string): string[]; close(): Promise<void> }> {
  const notices: { release?: string; text: string }[] = [];
  const server: Server = createServer((request, response) => {
    let body = "";
    request.on("data", (part) => {
      body += part;
    });
    request.on("end", () => {
      notices.push(JSON.parse(body) as { release?: string; text: string });
      response.writeHead(204).end();
    });
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/`,
    of: (release) => notices.filter((one) => one.release === release).map((one) => one.text),
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}
