import { existsSync } from "node:fs";
import { dirname } from "node:path";
import { type Actor, type EmergencyAssessment, isProblem, type PlatformName } from "@atoms/playbook";
import { type Ask, askOver } from "../api/client.js";
import type { ControlPlane } from "../control-plane.js";
import { findPlaybook } from "../find-playbook.js";
import { placesOf } from "../places.js";
import { controlPlaneAway } from "../problems.js";
import { openSession, runningControlPlane, type Session, sessionOn } from "../session.js";
import {
  actInEmergencyCall,
  assessEmergencyCall,
  readEmergencyRecordCall,
} from "../verbs/emergency-calls.js";
import { actDirectly } from "./act-directly.js";
import type { EmergencyActed, EmergencyOrder } from "./acting.js";
import { openEyes } from "./eyes.js";
import { wholeSight } from "./look.js";
import { deadRecord, lookAtRecord } from "./look-at-record.js";
import { part } from "./part.js";

/** An emergency, from one terminal: look, then act. */
export interface Emergency {
  readonly ref: { playbook: string; platform?: PlatformName };
  /** Looks at everything. @param lookMs How long it may take, whatever is dead. @throws what is wrong with the playbook. */
  look(lookMs: number): Promise<EmergencyAssessment>;
  /**
   * Does what was chosen: through the store if it can be reached, else on the platform itself with a journal.
   * @param note Told what people should know beside the answer.
   */
  act(order: EmergencyOrder, note: (line: string) => void): Promise<EmergencyActed>;
  /** Asks whoever has the store, e.g. to follow a release; undefined while it is away. */
  session(): Promise<Session | undefined>;
  /** Lets go of everything. What does not let go in time is left behind. */
  close(): Promise<void>;
}

/** How long the control plane may take for an act, in milliseconds. */
const actMs = 25_000;
/** How long the store is waited for once more before an act goes past it, in milliseconds. */
const usualPatienceMs = 3_000;
const closeMs = 2_000;

/** Problems after which the store counts as away: it can't be reached, opened or written, or whoever has it fails. */
const away: readonly string[] = [
  controlPlaneAway.code,
  "ATM-913",
  "ATM-701",
  "ATM-702",
  "ATM-703",
  "ATM-704",
];

/**
 * Opens an emergency for a playbook. Nothing is waited for yet: whoever has the store may be dead.
 * @throws ATM-914 without a playbook.
 */
export async function openEmergency(input: {
  cwd: string;
  playbook: string | undefined;
  platform: PlatformName | undefined;
  env: Readonly<Record<string, string | undefined>>;
  actor: Actor;
  print: (line: string) => void;
  /** How long the store is waited for before an act goes past it, in milliseconds; 3,000 when left out. */
  patienceMs?: number;
}): Promise<Emergency> {
  const { env, actor } = input;
  const elsewhere = (env["ATOMS_URL"] ?? "") !== "";
  // With an address in the environment this reaches nothing by itself.
  const remote = elsewhere ? await openSession({ ...input, acts: true }) : undefined;
  const playbook = remote?.playbook ?? findPlaybook(input.cwd, input.playbook);
  const places = placesOf(dirname(playbook));
  const ref = { playbook, ...(input.platform === undefined ? {} : { platform: input.platform }) };
  const running = elsewhere ? undefined : runningControlPlane(places);
  const asked: Ask | undefined =
    remote?.ask ?? (running === undefined ? undefined : askOver(running.url, running.token, actor, actMs));
  const eyes = openEyes(places, env);
  let opening: Promise<ControlPlane> | undefined;
  /** Engine, store and all, for when nobody else has the store. */
  const plane = () => {
    opening ??= import("../open-control-plane.js").then(({ openControlPlane }) =>
      openControlPlane({ places, env, kind: "command", print: input.print }),
    );
    return opening;
  };
  /** Its own eyes need a playbook; a control plane elsewhere has one of its own. */
  const blind = remote !== undefined && !existsSync(playbook);
  let own: Session | undefined;

  const session = async (): Promise<Session | undefined> => {
    if (asked !== undefined) return { ask: asked, playbook, places, close: async () => undefined };
    const store = await part(eyes.clock, input.patienceMs ?? usualPatienceMs, async () =>
      (await plane()).store(),
    );
    if (store.is === "dead") return undefined;
    own ??= await sessionOn(await plane(), playbook, places, { actor, acts: true });
    return own;
  };

  return {
    ref,
    session,
    async look(lookMs) {
      if (blind && asked !== undefined) return asked(assessEmergencyCall, ref);
      const open = await eyes.open(ref);
      // Less than it is waited for, so that one dead part of the store does not take the others with it.
      const withinMs = lookMs * 0.8;
      const began = eyes.clock.monotonic();
      const left = () => lookMs * 0.95 - (eyes.clock.monotonic() - began);
      const reading = part(eyes.clock, lookMs, async () =>
        asked === undefined
          ? lookAtRecord(await plane(), open, left())
          : asked(readEmergencyRecordCall, { ...ref, withinMs }),
      ).then((read) => (read.is === "seen" ? read.value : deadRecord(read.because, read.ms)));
      return wholeSight(eyes, open, reading, lookMs);
    },
    async act(order, note) {
      const through = await session();
      if (through !== undefined) {
        try {
          return await through.ask(actInEmergencyCall, { ...ref, ...order });
        } catch (error) {
          if (!isProblem(error) || !away.includes(error.code) || blind) throw error;
          note(`${error.happened} It is done without it.`);
        }
      }
      return actDirectly(eyes, await eyes.open(ref), order, actor, note);
    },
    async close() {
      await part(eyes.clock, closeMs, async () => {
        await own?.close();
        await remote?.close();
        if (own === undefined && opening !== undefined) await (await opening).close();
        await eyes.close();
      });
    },
  };
}
