import { fakeClock, memoryHeartbeats } from "@atoms/testkit";
import { beforeEach, describe, expect, it } from "vitest";
import type { ControlPlane } from "../control-plane.js";
import { placesOf } from "../places.js";
import { heartbeatRoutes } from "./heartbeat-routes.js";
import { heartbeatToken, readHeartbeatToken } from "./heartbeat-token.js";

const secret = "a secret that is long enough for links";
const backup = { service: "shop/eu", environment: "production", monitor: "backup" };
const token = heartbeatToken(secret, backup);

let heartbeats: ReturnType<typeof memoryHeartbeats>;
let app: ReturnType<typeof heartbeatRoutes>;
const clock = fakeClock();
beforeEach(() => {
  heartbeats = memoryHeartbeats();
  app = heartbeatRoutes({
    places: placesOf("/nowhere"),
    env: { ATOMS_LINK_SECRET: secret },
    clock,
    store: async () => ({ heartbeats }),
  } as unknown as ControlPlane);
});
const last = async () => (await heartbeats.peek(backup))?.last;

describe("the address that signs of life go to", () => {
  it.each(["GET", "HEAD", "POST"])("hears one by %s", async (method) => {
    const answer = await app.request(`/heartbeat/${token}`, { method });
    expect(answer.status).toBe(200);
    expect(await last()).toEqual({ at: clock.now(), ok: true });
  });

  it("hears of a failure, with what the job has to say in one harmless line", async () => {
    const body = `disk full\n\u001b[2J${"x".repeat(1_000)}`;
    await app.request(`/heartbeat/${token}/fail`, { method: "POST", body });
    const heard = await last();
    expect(heard).toMatchObject({ ok: false, message: expect.stringMatching(/^disk full \[2Jx+$/) });
    expect(heard?.message).toHaveLength(500);
  });

  it.each([
    ["nothing", ""],
    ["another secret", heartbeatToken(`${secret}!`, backup)],
    [
      "another monitor",
      `${heartbeatToken(secret, { ...backup, monitor: "other" }).split(".")[0]}.${token.split(".")[1]}`,
    ],
    ["half of it", token.slice(0, -3)],
    ["more than it", `${token}.x`],
    ["no token", "..."],
  ])("hears nobody who comes with %s", async (_, given) => {
    expect((await app.request(`/heartbeat/${given}`)).status).toBe(404);
    expect(await last()).toBeUndefined();
  });

  it("takes no flood", async () => {
    const body = "x".repeat(1_000_000);
    const answer = await app.request(`/heartbeat/${token}`, { method: "POST", body });
    expect(answer.status).toBe(413);
    expect(await last()).toBeUndefined();
  });

  it("says which monitor it is for, to who has the secret", () => {
    expect(readHeartbeatToken(secret, token)).toEqual(backup);
  });
});
