import { Hono } from "hono";
import { bodyLimit } from "hono/body-limit";
import type { ControlPlane } from "../control-plane.js";
import { linkSecret } from "../kept-secret.js";
import { readHeartbeatToken } from "./heartbeat-token.js";

/** A job may send along what it has to say, up to this many bytes; so much of it is kept. */
const largestBytes = 64 * 1024;
const keptCharacters = 500;

/**
 * Where signs of life come in, without a token of the API: the address itself is signed. `GET`, `HEAD` or `POST` says that
 * all is well, with `/fail` behind it that it is not; the body of a POST is kept as the reason.
 */
export function heartbeatRoutes(plane: ControlPlane): Hono {
  const app = new Hono();
  app.use("/heartbeat/*", bodyLimit({ maxSize: largestBytes }));
  const take = async (token: string, ok: boolean, said: string) => {
    const of = readHeartbeatToken(await linkSecret(plane.places, plane.env), token);
    if (of === undefined) return false;
    const message = oneLine(said);
    await (await plane.store()).heartbeats.beat(
      of,
      plane.clock.now(),
      ok,
      message === "" ? undefined : message,
    );
    return true;
  };
  for (const [path, ok] of [
    ["/heartbeat/:token", true],
    ["/heartbeat/:token/fail", false],
  ] as const)
    app.on(["GET", "POST"], path, async (c) => {
      c.header("cache-control", "no-store");
      const said = c.req.method === "POST" ? await c.req.text() : "";
      return (await take(c.req.param("token"), ok, said))
        ? c.text("heard\n")
        : c.text("no monitor has this address; `atoms monitor show <name>` tells the right one\n", 404);
    });
  return app;
}

/** What a job says, in one line that is harmless to a terminal. */
export function oneLine(text: string): string {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: what a job says must not steer a terminal
  const line = text.replace(/[\u0000-\u001f\u007f-\u009f\s]+/g, " ");
  return line.trim().slice(0, keptCharacters);
}
