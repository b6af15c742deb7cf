import { appendFileSync } from "node:fs";
import { join } from "node:path";
import { openDbosEngine, systemClock } from "@atoms/engine";
import { type Engine, openChannels, type Problem } from "@atoms/playbook";
import { openStore, type Store } from "@atoms/store";
import { undiciHttp, type VercelPlatform } from "@atoms/vercel";
import { ensureCloud, keepCloud } from "./background/local-cloud.js";
import type { ControlPlane, OpenPlaybook } from "./control-plane.js";
import { watchDisk } from "./disk-watch.js";
import { drainSecret, isDrainName } from "./drain-secret.js";
import { drainIngest } from "./ingest/index.js";
import { type Dispatch, dispatchDue, keepDispatching, sign } from "./notices/index.js";
import { openPlatform } from "./open-platform.js";
import { makePlaces, type Places } from "./places.js";
import { type LoadedPlaybook, loadPlaybook, readPlaybook } from "./playbook-file/index.js";
import { releaseFlows } from "./release-world.js";

/**
 * Makes a control plane. Nothing is opened yet: the store, the engine and platforms are opened when first asked for.
 * @param input.kind `command`: for one command; `background`: it goes on.
 * @param input.print Prints a notice that has no channel; to standard error by default.
 */
export async function openControlPlane(input: {
  places: Places;
  env: Readonly<Record<string, string | undefined>>;
  kind: ControlPlane["kind"];
  print?: (line: string) => void;
}): Promise<ControlPlane> {
  const { places, env } = input;
  const print = input.print ?? ((line: string) => void process.stderr.write(`${line}\n`));
  const http = undiciHttp({ clock: systemClock, freshConnections: true });
  const platforms = new Map<string, Promise<VercelPlatform>>();
  const interrupts = new Map<string, AbortController>();
  const stuck = new Map<string, Problem>();
  const leaving = new AbortController();
  const closing = new AbortController();
  const ingest = drainIngest({
    secretOf: (drain) => (isDrainName(drain) ? drainSecret(places) : undefined),
    clock: systemClock,
  });
  let address: string | undefined;
  let store: Promise<Store> | undefined;
  let engine: Promise<Engine> | undefined;
  let dispatching: Promise<void> | undefined;
  let keepsCloud = false;
  /** The channels of the playbook that was opened last: notices are of this folder's service. */
  let channels = openChannels(undefined);
  let channelsMark = "";

  const logBug = (doing: string, error: unknown) => {
    const trace = error instanceof Error ? (error.stack ?? error.message) : String(error);
    const line = `${JSON.stringify({ at: new Date().toISOString(), doing, trace })}\n`;
    try {
      appendFileSync(join(places.logs, "errors.log"), line, { mode: 0o600 });
    } catch {
      process.stderr.write(line);
    }
  };

  const dispatch = async (): Promise<Dispatch & { signal: AbortSignal }> => ({
    outbox: (await plane.store()).outbox,
    // Read at each delivery, so that a playbook opened later changes where notices go.
    channels: {
      get warnings() {
        return channels.warnings;
      },
      deliver: (notice, ports, signal) => channels.deliver(notice, ports, signal),
    },
    http,
    clock: systemClock,
    random: Math.random,
    print,
    sign,
    signal: closing.signal,
  });

  /** Opened anew only when they changed: open channels remember what they have warned of and whom they have reached. */
  const setChannels = ({ settings, notConfigured }: LoadedPlaybook) => {
    const lacking = notConfigured.filter((one) => one.part.startsWith("notification_channels."));
    const mark = JSON.stringify([settings.notification_channels, lacking]);
    if (mark === channelsMark) return;
    channelsMark = mark;
    channels = openChannels(settings.notification_channels, lacking);
  };

  const openPlaybook = (loaded: LoadedPlaybook): OpenPlaybook => {
    const { settings } = loaded;
    setChannels(loaded);
    return {
      ...loaded,
      service: settings.service.name,
      environment: settings.environment,
      platformName: settings.platform,
      platform: async (options): Promise<VercelPlatform> => {
        const key = settings.platform;
        if (key === "local" && options?.start !== false) await cloudIsUp();
        const standing = platforms.get(key);
        if (standing !== undefined) return standing;
        const opened = openPlatform(
          settings,
          { places, env, clock: systemClock, random: Math.random },
          options,
        );
        platforms.set(key, opened);
        opened.catch(() => platforms.delete(key));
        return opened;
      },
    };
  };

  /** A cloud that comes back keeps its addresses, so that a platform opened before goes on to serve. */
  const cloudIsUp = async () => {
    await ensureCloud(places);
    if (!keepsCloud) keepCloud(places, closing.signal, (error) => logBug("starting the local cloud", error));
    keepsCloud = true;
  };

  const interruptOf = (release: string): AbortController => {
    const known = interrupts.get(release) ?? new AbortController();
    interrupts.set(release, known);
    return known;
  };

  const plane: ControlPlane = {
    places,
    env,
    clock: systemClock,
    http,
    kind: input.kind,
    store() {
      if (store === undefined) {
        makePlaces(places);
        const url = env["DATABASE_URL"];
        if (url === undefined || url === "") watchDisk(places.home, print, closing.signal);
        store = openStore(url === undefined || url === "" ? { folder: places.store } : { url });
        store.catch(() => {
          store = undefined;
        });
      }
      return store;
    },
    engine() {
      engine ??= (async () => {
        const { connectionString, kind } = await plane.store();
        const flows = releaseFlows(plane);
        const opened = await openDbosEngine({
          connectionString,
          flows: [flows.release, flows.rollback],
          shared: kind === "server",
        });
        dispatching = keepDispatching(await dispatch(), {
          onError: (error) => logBug("delivering notices", error),
        });
        return opened;
      })();
      return engine;
    },
    hasEngine: () => engine !== undefined,
    async open(ref, text) {
      const options = { path: ref.playbook, env, platform: ref.platform };
      return openPlaybook(
        text === undefined ? await loadPlaybook(options) : readPlaybook({ ...options, text }),
      );
    },
    interrupt(release) {
      interruptOf(release).abort(new Error("a person aborted the release"));
    },
    interrupted: (release) => interruptOf(release).signal,
    stuck: (release) => stuck.get(release),
    setStuck(release, problem) {
      if (problem === undefined) stuck.delete(release);
      else stuck.set(release, problem);
    },
    leaving: leaving.signal,
    ingest,
    ingestUrl() {
      const url = env["ATOMS_PUBLIC_URL"] || address;
      return url === undefined ? undefined : `${url.replace(/\/$/, "")}/ingest`;
    },
    setAddress(url) {
      address = url;
    },
    reportBug: logBug,
    async deliverNotices() {
      const done = await dispatchDue(await dispatch(), 100);
      return done.sent + done.failed + done.later;
    },
    async close() {
      leaving.abort(new Error("the control plane is closing"));
      if (engine !== undefined)
        await (await engine).close(5_000).catch((error: unknown) => logBug("closing the engine", error));
      closing.abort(new Error("the control plane is closing"));
      await dispatching;
      for (const platform of platforms.values()) await platform.then((p) => p.close()).catch(() => undefined);
      await http.close();
      if (store !== undefined) await (await store).close();
    },
  };
  return plane;
}
