import { appendFileSync } from "node:fs";
import { join } from "node:path";
import { openDbosEngine, systemClock } from "@atoms/engine";
import { type ChannelPorts, type Engine, openChannels, type Problem } from "@atoms/playbook";
import { openStore, type Store } from "@atoms/store";
import { undiciHttp, type VercelPlatform } from "@atoms/vercel";
import { withApprovalLink } from "./approvals/index.js";
import { atMost } from "./at-most.js";
import { ensureCloud, keepCloud } from "./background/local-cloud.js";
import { openBell } from "./bell.js";
import { triggerFlowOf } from "./builds/index.js";
import type { ControlPlane, OpenPlaybook, PlaybookRef } from "./control-plane.js";
import { watchDisk } from "./disk-watch.js";
import { drainSecret, isDrainName } from "./drain-secret.js";
import { journalJoiner } from "./emergency/journal.js";
import { provenBeside } from "./emergency/proven-beside.js";
import { restartFlowOf } from "./emergency/restart.js";
import { acknowledgeByPage, incidentFlowOf } from "./incidents/index.js";
import { drainIngest } from "./ingest/index.js";
import { keepReconciling } from "./keep-reconciling.js";
import { smtpMail } from "./mail/smtp-mail.js";
import { goOnWithAllLost, maintenanceFlowOf } from "./maintenance/index.js";
import { type Dispatch, dispatchDue, keepDispatching, sign } from "./notices/index.js";
import { pageFlowOf, pageLink } from "./on-call/index.js";
import { openPlatform, weightsPlace } from "./open-platform.js";
import { makePlaces, type Places } from "./places.js";
import { type LoadedPlaybook, loadPlaybook, readPlaybook } from "./playbook-file/index.js";
import { breachFlowOf } from "./recovery/breach/flow.js";
import { drillFlowOf } from "./recovery/drill/index.js";
import { dataFlowOf, recoveryFlowOf } from "./recovery/index.js";
import { outageFlowOf } from "./recovery/outage/flow.js";
import { releaseFlows } from "./release-world.js";

/** How long a command that is done waits for the notices that are due, in milliseconds. */
const lastNoticesMs = 12_000;

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
  const mail = smtpMail();
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
  let opened: Engine | undefined;
  let dispatching: Promise<void> | undefined;
  let reconciling: Promise<void> | undefined;
  /** The playbook that was opened last from its file. */
  let atHand: PlaybookRef | undefined;
  let keepsCloud = false;
  /** The channels of the playbook that was opened last: notices are of this folder's service. */
  let channels = openChannels(undefined);
  let channelsMark = "";
  let channelsKnown = () => {};
  /** Until a playbook was opened nobody knows where a notice is to go: it waits, instead of being printed. */
  const knowsChannels = new Promise<void>((resolve) => {
    channelsKnown = resolve;
  });

  const logBug = (doing: string, error: unknown) => {
    const trace = error instanceof Error ? (error.stack ?? error.message) : String(error);
    const line = `${JSON.stringify({ at: new Date().toISOString(), doing, trace })}\n`;
    try {
      appendFileSync(join(places.logs, "errors.log"), line, { mode: 0o600 });
    } catch {
      process.stderr.write(line);
    }
  };

  /** A command is gone before anybody could press a button; only a release waits for those who approve it. */
  const outlivesItsMessages = input.kind === "background" || Boolean(env["ATOMS_PUBLIC_URL"]);

  const channelPorts = async (): Promise<ChannelPorts> => ({
    http,
    mail,
    memory: (await plane.store()).channelMemory,
    clock: systemClock,
    print,
    sign,
  });

  const dispatch = async (): Promise<Dispatch & { signal: AbortSignal }> => ({
    ...(await channelPorts()),
    outbox: (await plane.store()).outbox,
    // Read at each delivery, so that a playbook opened later changes where notices go.
    channels: {
      get warnings() {
        return channels.warnings;
      },
      get policy() {
        return channels.policy;
      },
      get open() {
        return channels.open;
      },
      test: (...given) => channels.test(...given),
      deliver: (...given) => channels.deliver(...given),
    },
    async complete(notice) {
      const link = outlivesItsMessages ? await pageLink(plane, notice) : undefined;
      return withApprovalLink(plane, link === undefined ? notice : { ...notice, link });
    },
    random: Math.random,
    signal: closing.signal,
  });

  /** Opened anew only when they changed: open channels remember what they have warned of and whom they have reached. */
  const setChannels = ({ settings, notConfigured }: LoadedPlaybook) => {
    const lacking = notConfigured.filter((one) => one.part.startsWith("notification_channels."));
    const mark = JSON.stringify([settings.notification_channels, lacking]);
    if (mark === channelsMark) return;
    channelsMark = mark;
    channels = openChannels(settings.notification_channels, lacking);
    channelsKnown();
  };

  /** Returns when no notice is due any more, delivered here or by the loop beside it, or when it has taken too long. */
  const deliverWhatIsDue = async () => {
    const { outbox } = await plane.store();
    const until = systemClock.monotonic() + lastNoticesMs;
    while (systemClock.monotonic() < until) {
      await atMost(dispatchDue(await dispatch(), 100), until - systemClock.monotonic(), systemClock);
      const waiting = await outbox.list({ state: "waiting", limit: 1_000 });
      if (waiting.every(({ nextAt }) => nextAt > systemClock.now())) return;
      await systemClock.sleep(100);
    }
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
        // Members of a group are projects of their own.
        const { project, team } = settings.platforms.vercel ?? {};
        const key = JSON.stringify([
          settings.platform,
          settings.service.name,
          project,
          team,
          weightsPlace(settings),
        ]);
        if (settings.platform === "local" && options?.start !== false) await cloudIsUp();
        const standing = platforms.get(key);
        if (standing !== undefined) return standing;
        const platform = openPlatform(
          settings,
          { places, env, clock: systemClock, random: Math.random, mayAct: () => opened?.mayAct() ?? true },
          options,
        );
        platforms.set(key, platform);
        platform.catch(() => platforms.delete(key));
        return platform;
      },
    };
  };

  /** A cloud that comes back keeps its addresses, so that a platform opened before goes on to serve. */
  const cloudIsUp = async () => {
    await ensureCloud(places);
    if (!keepsCloud) keepCloud(places, closing.signal, (error) => logBug("starting the local cloud", error));
    keepsCloud = true;
  };

  const goOnHere = () =>
    goOnWithAllLost(plane).catch((error: unknown) => {
      if (!leaving.signal.aborted) logBug("going on with maintenance", error);
    });

  const interruptOf = (release: string): AbortController => {
    const known = interrupts.get(release) ?? new AbortController();
    interrupts.set(release, known);
    return known;
  };

  const journal = journalJoiner(places, {
    clock: systemClock,
    tell: print,
    onError: (error) => logBug("joining the journal of an emergency", error),
  });

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
        const opening = openStore(url === undefined || url === "" ? { folder: places.store } : { url });
        store = opening.then((opened) => ({
          ...opened,
          releases: provenBeside(opened.releases, places, (error) =>
            logBug("remembering what was proven good", error),
          ),
        }));
        store.catch(() => {
          store = undefined;
        });
      }
      // What was done while the store was away is in the ledger before anybody decides by it.
      return store.then(async (opened) => {
        await journal.join(opened);
        return opened;
      });
    },
    engine() {
      engine ??= (async () => {
        const { connectionString, kind } = await plane.store();
        const flows = releaseFlows(plane);
        opened = await openDbosEngine({
          connectionString,
          flows: [
            flows.release,
            flows.rollback,
            flows.retire,
            flows.group,
            flows.rescue,
            pageFlowOf(plane),
            incidentFlowOf(plane),
            maintenanceFlowOf(plane),
            recoveryFlowOf(plane),
            restartFlowOf(plane),
            drillFlowOf(plane),
            triggerFlowOf(plane),
            dataFlowOf(plane),
            breachFlowOf(plane),
            outageFlowOf(plane),
          ],
          shared: kind === "server",
        });
        const onError = (error: unknown) => logBug("delivering notices", error);
        const served = await dispatch();
        dispatching = knowsChannels.then(() =>
          keepDispatching(served, { onError, bell: plane.bells.notices }),
        );
        // A command ends soon, and looks after what it was asked about; on a server there may be nobody else.
        if (input.kind === "background" || kind === "server")
          reconciling = systemClock
            .sleep(0)
            .then(() =>
              keepReconciling(plane, () => atHand, AbortSignal.any([leaving.signal, closing.signal])),
            );
        // A command goes on with what a dead one left closed; the background process sees to it by itself.
        if (input.kind === "command") setImmediate(() => void goOnHere());
        return opened;
      })();
      return engine;
    },
    hasEngine: () => engine !== undefined,
    async open(ref, text) {
      const options = { path: ref.playbook, env, platform: ref.platform };
      const loaded = text === undefined ? await loadPlaybook(options) : readPlaybook({ ...options, text });
      if (text === undefined) atHand = ref;
      return openPlaybook(loaded);
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
    bells: { notices: openBell(), turns: openBell() },
    ingest,
    pageAnswered: (page) => acknowledgeByPage(plane, page),
    publicUrl() {
      const url = env["ATOMS_PUBLIC_URL"] || address;
      return url?.replace(/\/$/, "");
    },
    ingestUrl() {
      const url = plane.publicUrl();
      return url === undefined ? undefined : `${url}/ingest`;
    },
    setAddress(url) {
      address = url;
    },
    reportBug: logBug,
    channels: () => channels,
    channelPorts,
    async close() {
      leaving.abort(new Error("the control plane is closing"));
      if (reconciling !== undefined) await atMost(reconciling, 2_000, systemClock);
      if (engine !== undefined)
        await (await engine).close(5_000).catch((error: unknown) => logBug("closing the engine", error));
      // What just ended is told before the command is over: the next one may be hours away.
      if (engine !== undefined && input.kind === "command" && channelsMark !== "")
        await deliverWhatIsDue().catch((error: unknown) => logBug("delivering the last notices", error));
      closing.abort(new Error("the control plane is closing"));
      channelsKnown();
      await dispatching;
      for (const platform of platforms.values()) await platform.then((p) => p.close()).catch(() => undefined);
      await http.close();
      if (store !== undefined) await (await store).close();
    },
  };
  return plane;
}
