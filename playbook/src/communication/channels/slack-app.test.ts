import { fakeClock, memoryOfChannels } from "@atoms/testkit";
import { createEmulator, type Emulator } from "emulate";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { HttpRequest, HttpResult } from "../../terms/index.js";
import type { Attempt, ChannelPorts, Outgoing } from "../channel.js";
import { pinnedInSlack } from "../slack-pins.js";
import { fetchHttp, secretKey } from "./channels.contract.js";
import { makeSlackChannel, slackApp } from "./slack-app.js";

const token = "xoxb-only-on-loopback";
let emulator: Emulator;

beforeAll(async () => {
  // Port 0 is not offered; a free one is looked for.
  for (let port = 41_000 + (process.pid % 2_000); ; port++) {
    try {
      emulator = await createEmulator({
        service: "slack",
        port,
        seed: {
          tokens: { [token]: { login: "atoms", scopes: [] } },
          slack: { channels: [{ name: "incidents" }, { name: "deployments" }] },
        },
      });
      return;
    } catch (error) {
      if (port > 43_900 || (error as NodeJS.ErrnoException).code !== "EADDRINUSE") throw error;
    }
  }
});
afterAll(async () => {
  await emulator?.close();
});

const app = () => ({ apiUrl: `${emulator.url}/api`, token });
const ask = async (method: string, form: Record<string, string>) => {
  const response = await fetch(`${emulator.url}/api/${method}`, {
    method: "POST",
    headers: { authorization: `Bearer ${token}`, "content-type": "application/x-www-form-urlencoded" },
    body: new URLSearchParams(form),
  });
  return (await response.json()) as Record<string, never>;
};
const channelId = async (name: string) => {
  const { channels } = (await ask("conversations.list", {})) as unknown as {
    channels: { id: string; name: string }[];
  };
  return channels.find((one) => one.name === name)?.id ?? "";
};
type Message = { ts: string; text: string; thread_ts?: string };
const messagesIn = async (name: string) => {
  const channel = await channelId(name);
  const { messages } = (await ask("conversations.history", { channel, limit: "200" })) as unknown as {
    messages: Message[];
  };
  return messages;
};
const repliesTo = async (name: string, ts: string) => {
  const channel = await channelId(name);
  const { messages } = (await ask("conversations.replies", { channel, ts })) as unknown as {
    messages: Message[];
  };
  return messages;
};

const ports = (change: Partial<ChannelPorts> = {}): ChannelPorts => ({
  http: fetchHttp(),
  mail: { send: async () => ({ sent: true }) },
  memory: memoryOfChannels(),
  clock: fakeClock(),
  print: () => undefined,
  sign: () => "00",
  ...change,
});
let count = 0;
const notice = (change: Partial<Outgoing> = {}): Outgoing => ({
  key: `notice/${++count}`,
  service: "shop",
  environment: "production",
  channel: "#incidents",
  text: `text ${count}`,
  dueAt: 0,
  ...change,
});

describe("as a Slack app, against an emulator of Slack", () => {
  it("posts into the channel that is named", async () => {
    const sent = await slackApp
      .open(app())
      .deliver(notice({ channel: "#deployments", text: "it <!channel> begins" }), ports());
    expect(sent).toMatchObject({ sent: true, saw: expect.stringMatching(/^status 200, .*, ok$/) });
    expect((await messagesIn("deployments"))[0]?.text).toBe("it &lt;!channel&gt; begins");
  });

  it("keeps a thread together, and its first message says how the thing stands", async () => {
    const channel = slackApp.open(app());
    const world = ports();
    const title = "P1 shop: service_down";
    const about = { thread: "page_1", title };
    await channel.deliver(
      notice({ ...about, status: "open", text: "down", link: "https://atoms.example.com/ack/x" }),
      world,
    );
    const [first] = await messagesIn("incidents");
    expect(first?.text).toBe(":red_circle: down <https://atoms.example.com/ack/x|Acknowledge>");
    await channel.deliver(notice({ ...about, text: "still down" }), world);
    await channel.deliver(notice({ ...about, status: "acknowledged", text: "ana has it" }), world);
    expect((await repliesTo("incidents", first?.ts ?? ""))[0]?.text).toBe(
      ":large_yellow_circle: acknowledged: P1 shop: service_down",
    );
    await channel.deliver(notice({ ...about, status: "resolved", text: "up again" }), world);
    const [head, ...replies] = await repliesTo("incidents", first?.ts ?? "");
    expect(head?.text).toBe(":large_green_circle: resolved: P1 shop: service_down");
    expect(replies.map(({ text }) => text)).toEqual(["still down", "ana has it", "up again"]);
  });

  it("goes on with a thread after a restart, and does not repeat what it remembers", async () => {
    const world = ports();
    const first = notice({ thread: "page_2", status: "open", text: "down" });
    await slackApp.open(app()).deliver(first, world);
    const reply = notice({ thread: "page_2", status: "resolved", text: "up" });
    await slackApp.open(app()).deliver(reply, world);
    await slackApp.open(app()).deliver(reply, world);
    const [head] = (await messagesIn("incidents")).filter(({ text }) => text.includes("resolved: down"));
    expect((await repliesTo("incidents", head?.ts ?? "")).map(({ text }) => text)).toEqual([
      ":large_green_circle: resolved: down",
      "up",
    ]);
  });

  it("a channel there is not is final, and told by Slack's own name", async () => {
    const attempt = await slackApp.open(app()).deliver(notice({ channel: "#nowhere" }), ports());
    expect(attempt).toMatchObject({
      sent: false,
      retry: false,
      because: "Slack refused: channel_not_found",
    });
    expect(JSON.stringify(attempt)).not.toContain("xoxb");
  });

  it("makes a channel for an incident once; who asks again gets the same", async () => {
    const asked = "#Incident-20260105 Database is Slow!";
    const made = await makeSlackChannel(app(), asked, ports(), { topic: "P1, led by ana" });
    expect(made).toMatchObject({ name: "#incident-20260105-database-is-slow", made: true });
    expect(await makeSlackChannel(app(), asked, ports())).toEqual({ ...made, made: false });
    expect(
      await slackApp.open(app()).deliver(notice({ channel: "#incident-20260105-database-is-slow" }), ports()),
    ).toMatchObject({ sent: true });
  });
});

describe("messages that people pin", () => {
  it("are read with who wrote what and when, and nothing when nothing is pinned", async () => {
    const made = await makeSlackChannel(app(), "#incident-20260106-pins", ports());
    const channel = "id" in made ? made.id : "";
    expect(await pinnedInSlack(app(), channel, ports())).toEqual([]);
    const said: string[] = [];
    for (const text of ["it is the pool & <nothing> else", "unimportant", "ten connections are enough"]) {
      const { ts } = (await ask("chat.postMessage", { channel, text })) as unknown as { ts: string };
      said.push(ts);
      if (text !== "unimportant") await ask("pins.add", { channel, timestamp: ts });
    }
    const found = await pinnedInSlack(app(), channel, ports());
    expect(found).toEqual([
      expect.objectContaining({ id: said[0], text: "it is the pool & <nothing> else" }),
      expect.objectContaining({ id: said[2], text: "ten connections are enough" }),
    ]);
    for (const { by, at } of found as { by: string; at: number }[]) {
      expect(by).toBe("atoms");
      expect(Math.abs(at - Date.now())).toBeLessThan(3_600_000);
    }
  });

  it("are refused with Slack's reason", async () => {
    expect(await pinnedInSlack(app(), "C0NOTTHERE", ports())).toMatchObject({
      sent: false,
      retry: false,
      because: "Slack refused: channel_not_found",
    });
  });
});

describe("what Slack may answer", () => {
  const answering = (...answers: (object | string | HttpResult)[]) => {
    const requests: HttpRequest[] = [];
    return {
      requests,
      async send(request: HttpRequest): Promise<HttpResult> {
        requests.push(request);
        const next = answers.shift() ?? { ok: true, ts: "1.0", channel: "C1" };
        if (typeof next === "object" && "answered" in next) return next as HttpResult;
        const body = typeof next === "string" ? next : JSON.stringify(next);
        const headers = { "content-type": "application/json; charset=utf-8" };
        return { answered: true, status: 200, headers, body, ms: 1, firstByteMs: 1 };
      },
    };
  };
  const status = (code: number, headers: Record<string, string> = {}): HttpResult => ({
    answered: true,
    status: code,
    headers,
    body: `no ${secretKey}`,
    ms: 1,
    firstByteMs: 1,
  });
  const far = { apiUrl: "https://slack.example.com/api", token: secretKey };

  it.each<{ given: string; answer: object | string; attempt: Partial<Attempt> }>([
    {
      given: "ratelimited",
      answer: { ok: false, error: "ratelimited" },
      attempt: { retry: true, retryAfterMs: 30_000 },
    },
    {
      given: "429",
      answer: status(429, { "retry-after": "7" }),
      attempt: { retry: true, retryAfterMs: 7_000 },
    },
    { given: "internal_error", answer: { ok: false, error: "internal_error" }, attempt: { retry: true } },
    { given: "500", answer: status(500), attempt: { retry: true, because: "Slack answered 500" } },
    // The emulator takes any token.
    { given: "invalid_auth", answer: { ok: false, error: "invalid_auth" }, attempt: { retry: false } },
    { given: "is_archived", answer: { ok: false, error: "is_archived" }, attempt: { retry: false } },
    {
      given: "an error with an address in it",
      answer: { ok: false, error: `see ${secretKey}` },
      attempt: { retry: false, because: "Slack refused: an error without a name" },
    },
    {
      given: "a page that is not Slack's",
      answer: "<html>sign in</html>",
      attempt: { retry: true, because: "what answered is not Slack" },
    },
    { given: "a list", answer: "[1]", attempt: { retry: true } },
  ])("$given", async ({ answer, attempt }) => {
    const http = answering(answer);
    const got = await slackApp.open(far).deliver(notice(), ports({ http }));
    expect(got).toMatchObject({ sent: false, ...attempt });
    expect(JSON.stringify(got)).not.toContain(secretKey);
  });

  it("a first message that may no longer be changed is left, the reply counts", async () => {
    const world = ports();
    const about = { thread: "page_1", status: "open" } as const;
    const http = answering(
      { ok: true, ts: "1.0", channel: "C1" },
      { ok: true },
      { ok: false, error: "cant_update_message" },
    );
    const channel = slackApp.open(far);
    await channel.deliver(notice(about), { ...world, http });
    expect(await channel.deliver(notice({ ...about, status: "resolved" }), { ...world, http })).toMatchObject(
      {
        sent: true,
      },
    );
    expect(http.requests.map(({ url }) => url.split("/").at(-1))).toEqual([
      "chat.postMessage",
      "chat.postMessage",
      "chat.update",
    ]);
  });

  it("a change that fails for now is tried again without repeating the reply", async () => {
    const world = ports();
    const http = answering({ ok: true, ts: "1.0", channel: "C1" }, { ok: true }, status(503), { ok: true });
    const channel = slackApp.open(far);
    const done = notice({ thread: "page_1", status: "resolved" });
    await channel.deliver(notice({ thread: "page_1", status: "open" }), { ...world, http });
    expect(await channel.deliver(done, { ...world, http })).toMatchObject({ sent: false, retry: true });
    expect(await channel.deliver(done, { ...world, http })).toMatchObject({ sent: true });
    expect(http.requests.map(({ url }) => url.split("/").at(-1))).toEqual([
      "chat.postMessage",
      "chat.postMessage",
      "chat.update",
      "chat.update",
    ]);
  });
});
