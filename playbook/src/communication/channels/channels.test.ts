import { createHmac } from "node:crypto";
import { readdirSync } from "node:fs";
import { describe, expect, it } from "vitest";
import type { HttpRequest } from "../../terms/index.js";
import type { ChannelPorts } from "../channel.js";
import { notice, postingContract, secretKey, secretPath, shortHttp } from "./channels.contract.js";
import { channelKinds } from "./index.js";

const now = Date.UTC(2026, 0, 5, 12);
const hmac = (secret: string, text: string) => createHmac("sha256", secret).update(text).digest("hex");

function ports(): ChannelPorts & { printed: string[]; requests: HttpRequest[] } {
  const printed: string[] = [];
  const requests: HttpRequest[] = [];
  return {
    printed,
    requests,
    clock: { now: () => now, monotonic: () => 0, sleep: async () => undefined },
    print: (line) => printed.push(line),
    sign: hmac,
    http: {
      async send(request) {
        requests.push(request);
        return { answered: true, status: 200, headers: {}, body: "", ms: 1, firstByteMs: 1 };
      },
    },
  };
}

const address = `https://hooks.example.com${secretPath}`;

it("the list holds every file of this folder", () => {
  const files = readdirSync(new URL("./", import.meta.url)).filter((name) => /^[a-z-]+\.ts$/.test(name));
  expect(
    Object.keys(channelKinds)
      .map((kind) => `${kind}.ts`)
      .toSorted(),
  ).toEqual(files.filter((name) => name !== "index.ts").toSorted());
  for (const [name, { kind }] of Object.entries(channelKinds)) expect(kind).toBe(name);
});

describe("slack", () => {
  postingContract((webhookUrl) => channelKinds.slack.open({ webhookUrl }), {
    ...ports(),
    http: shortHttp(300),
  });

  it("can't be made to call a whole channel by a text that quotes markup", async () => {
    const world = ports();
    await channelKinds.slack
      .open({ webhookUrl: address })
      .deliver({ ...notice, text: "ended: <!channel> & <@U1>" }, world);
    expect(JSON.parse(world.requests[0]?.body ?? "").text).toBe("ended: &lt;!channel&gt; &amp; &lt;@U1&gt;");
  });
});

describe("webhook", () => {
  postingContract((url) => channelKinds.webhook.open({ url, secret: secretKey }), {
    ...ports(),
    http: shortHttp(300),
  });

  it("signs the time and the body, and names the notice so that a repetition is seen", async () => {
    const world = ports();
    await channelKinds.webhook.open({ url: address, secret: secretKey }).deliver(notice, world);
    const { headers = {}, body = "" } = world.requests[0] ?? {};
    expect(headers["idempotency-key"]).toBe(notice.key);
    expect(headers["x-atoms-timestamp"]).toBe(String(now / 1_000));
    expect(headers["x-atoms-signature"]).toBe(`sha256=${hmac(secretKey, `${now / 1_000}.${body}`)}`);
    expect(JSON.parse(body)).toEqual(notice);
  });

  it("sends no signature without a secret", async () => {
    const world = ports();
    await channelKinds.webhook.open({ url: address }).deliver(notice, world);
    expect(world.requests[0]?.headers).not.toHaveProperty("x-atoms-signature");
  });
});

describe("console", () => {
  it("prints one line and nothing that could steer a terminal", async () => {
    const world = ports();
    const text = "two\nlines\u001b[2J and\ta tab";
    expect(await channelKinds.console.open({}).deliver({ ...notice, text }, world)).toEqual({ sent: true });
    expect(world.printed).toEqual(["#deployments  two lines [2J and a tab"]);
    expect(world.requests).toEqual([]);
  });
});
