import { randomBytes } from "node:crypto";
import { dirname, join } from "node:path";
import type { Actor } from "@atoms/playbook";
import { isProblem } from "@atoms/playbook/problem";
import { tokenPrefix } from "./access/secrets.js";
import { type Ask, askOver } from "./api/client.js";
import { readProcessFile, removeProcessFile, writeProcessFile } from "./background/process-file.js";
import type { ControlPlane, PlaybookRef } from "./control-plane.js";
import { findPlaybook, playbookNear } from "./find-playbook.js";
import { type Places, placesOf } from "./places.js";
import { controlPlaneAway } from "./problems.js";
import type { Call } from "./verbs/verb.js";

/** How to reach a control plane that is running. */
export type ControlPlaneAddress = { url: string; token: string; kind: ControlPlane["kind"] };

/** Where a control plane writes down how to reach it. */
export const processFileOf = (places: Places) => join(places.run, "control-plane.json");

/** The control plane of this folder, if one is running: the background one, or a command that is at work. */
export function runningControlPlane(places: Places): (ControlPlaneAddress & { pid: number }) | undefined {
  return readProcessFile<ControlPlaneAddress>(processFileOf(places));
}

/** One command's way to Atoms. */
export type Session = {
  ask: Ask;
  /** Absolute path of the playbook. */
  playbook: string;
  places: Places;
  /** The control plane in this process, when there is no other. */
  plane?: ControlPlane;
  close(): Promise<void>;
};

/**
 * Finds who answers: the control plane named by ATOMS_URL and ATOMS_TOKEN, else the one running for this playbook,
 * else one in this process. A command that acts serves the API while it works, so that a second terminal can look and
 * abort.
 * @throws ATM-914 without a playbook; ATM-701 when another process holds the store and does not answer.
 */
export async function openSession(input: {
  cwd: string;
  playbook: string | undefined;
  env: Readonly<Record<string, string | undefined>>;
  actor: Actor;
  acts: boolean;
  /** Where notices without a channel are printed; standard error by default. */
  print?: (line: string) => void;
}): Promise<Session> {
  const url = input.env["ATOMS_URL"];
  if (url !== undefined && url !== "") return elsewhere(url.replace(/\/$/, ""), input);
  const playbook = findPlaybook(input.cwd, input.playbook);
  const places = placesOf(dirname(playbook));
  // A command that only reads holds the store for less than a second; one that acts answers for itself.
  for (let tries = 0; ; tries++) {
    const running = runningControlPlane(places);
    if (running !== undefined) {
      const ask = askOver(running.url, running.token, input.actor);
      const session = { ask, playbook, places, close: async () => undefined };
      return running.kind === "command" ? goOnWhenItEnds(session, input) : session;
    }
    // Engine, store and platforms are loaded only by who needs them: asking another has to be quick.
    const { openControlPlane } = await import("./open-control-plane.js");
    const plane = await openControlPlane({
      places,
      env: input.env,
      kind: "command",
      ...(input.print === undefined ? {} : { print: input.print }),
    });
    try {
      await plane.store();
      return await sessionOn(plane, playbook, places, input);
    } catch (error) {
      await plane.close();
      if (tries >= 40 || !isProblem(error) || error.code !== "ATM-701") throw error;
      await plane.clock.sleep(250);
    }
  }
}

/**
 * A control plane that the environment names. With a token that was made for a caller it is asked about its own playbook,
 * wherever that lies; then none is needed here.
 */
function elsewhere(
  url: string,
  { cwd, playbook: named, env, actor }: Parameters<typeof openSession>[0],
): Session {
  const token = env["ATOMS_TOKEN"] ?? "";
  const itsOwn = token.startsWith(tokenPrefix);
  const playbook =
    itsOwn && named === undefined
      ? (playbookNear(cwd) ?? join(cwd, "playbook.yaml"))
      : findPlaybook(cwd, named);
  const asked = askOver(url, token, actor);
  const ask = <I, O>(call: Call<I, O>, given: I): Promise<O> =>
    asked(call, itsOwn ? withoutPlaybook(given) : given);
  return {
    ask: Object.assign(ask, { from: "control plane" as const }),
    playbook,
    places: placesOf(dirname(playbook)),
    close: async () => undefined,
  };
}

function withoutPlaybook<I>(given: I): I {
  if (typeof given !== "object" || given === null) return given;
  const { playbook: _, ...rest } = given as I & { playbook?: string };
  return rest as I;
}

/**
 * A command that answers for others ends when its own work is done, maybe before this one has heard how that went. A
 * question is then asked again of whoever answers next; an act is not, for it may have been done.
 */
function goOnWhenItEnds(first: Session, input: Parameters<typeof openSession>[0]): Session {
  let session = first;
  const ask = async <I, O>(call: Call<I, O>, given: I): Promise<O> => {
    try {
      return await session.ask(call, given);
    } catch (error) {
      const gone = isProblem(error) && error.code === controlPlaneAway.code;
      if (!gone || call.method !== "GET" || session !== first) throw error;
      session = await openSession({ ...input, acts: false });
      return session.ask(call, given);
    }
  };
  return {
    ...first,
    ask: Object.assign(ask, { from: "control plane" as const }),
    close: () => session.close(),
  };
}

/** A session on a control plane in this process. @param input.acts Serves its API meanwhile, so that others can look and abort. */
export async function sessionOn(
  plane: ControlPlane,
  playbook: string,
  places: Places,
  input: { actor: Actor; acts: boolean },
): Promise<Session> {
  const served = input.acts ? await serveControlPlane(plane, { playbook }) : undefined;
  const { verbNamed } = await import("./verbs/index.js");
  const ask = async <I, O>(call: Call<I, O>, given: I): Promise<O> => {
    const verb = verbNamed(call);
    return verb.run(plane, verb.input.parse(given), input.actor);
  };
  return {
    ask: Object.assign(ask, { from: "this process" as const }),
    playbook,
    places,
    plane,
    close: async () => {
      await served?.close();
      await plane.close();
    },
  };
}

/**
 * Serves a control plane's API on loopback and writes down how to reach it, for the owner of the folder alone.
 * @param own The playbook that is meant where a request names none.
 */
export async function serveControlPlane(
  plane: ControlPlane,
  own: PlaybookRef,
  port = 0,
): Promise<{ url: string; token: string; close(): Promise<void> }> {
  const token = randomBytes(32).toString("hex");
  const { apiApp, serveApi } = await import("./api/server.js");
  const served = await serveApi(apiApp(plane, { token, own }), port);
  plane.setAddress(served.url);
  const file = processFileOf(plane.places);
  writeProcessFile<ControlPlaneAddress>(file, { url: served.url, token, kind: plane.kind });
  return {
    url: served.url,
    token,
    close: async () => {
      plane.setAddress(undefined);
      removeProcessFile(file);
      await served.close();
    },
  };
}
