import { createHmac } from "node:crypto";
import { readdirSync } from "node:fs";
import { memoryOfChannels } from "@atoms/testkit";
import { describe, expect, it } from "vitest";
import type { HttpRequest } from "../../terms/index.js";
import type { ChannelPorts, Letter } from "../channel.js";
import { fetchHttp, notice, postingContract, secretKey, secretPath } from "./channels.contract.js";
import { channelKinds } from "./index.js";

const now = Date.UTC(2026, 0, 5, 12);
const hmac = (secret: string, text: string) => createHmac("sha256", secret).update(text).digest("hex");

type World = ChannelPorts & { printed: string[]; requests: HttpRequest[]; letters: Letter[] };

function ports(): World {
  const letters: Letter[] = [];
  const printed: string[] = [];
  const requests: HttpRequest[] = [];
  return {
    printed,
    requests,
    letters,
    memory: memoryOfChannels(),
    mail: {
      async send(letter) {
        letters.push(letter);
        return { sent: true };
      },
    },
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
    http: fetchHttp(),
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
  postingContract(
    (url) => channelKinds.webhook.open({ url, secret: secretKey }),
    { ...ports(), http: fetchHttp() },
    JSON.parse,
    true,
  );

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
    expect(await channelKinds.console.open({}).deliver({ ...notice, text }, world)).toMatchObject({
      sent: true,
    });
    expect(world.printed).toEqual(["#deployments  two lines [2J and a tab"]);
    expect(world.requests).toEqual([]);
  });
});

describe("pagerduty", () => {
  const open = (url: string) => channelKinds.pagerduty.open({ url, routingKey: secretKey });
  postingContract(open, { ...ports(), http: fetchHttp() }, (body) => ({
    channel: notice.channel,
    text: JSON.parse(body).payload.summary,
  }));

  const page = { ...notice, channel: "pagerduty", thread: "page_1", title: "P1 shop: down" } as const;
  it.each([
    { status: "open", severity: "critical", action: "trigger", as: "critical" },
    { status: "open", severity: "high", action: "trigger", as: "error" },
    { status: "open", severity: "medium", action: "trigger", as: "warning" },
    { status: "open", severity: "low", action: "trigger", as: "info" },
    { status: undefined, severity: undefined, action: "trigger", as: "warning" },
    { status: "acknowledged", severity: "critical", action: "acknowledge", as: undefined },
    { status: "resolved", severity: "critical", action: "resolve", as: undefined },
  ] as const)("$status, $severity: $action as $as, by one key", async ({ status, severity, action, as }) => {
    const world = ports();
    const more = { ...(status && { status }), ...(severity && { severity }) };
    await open(address).deliver({ ...page, ...more, link: "https://atoms.example.com/ack/x" }, world);
    const body = JSON.parse(world.requests[0]?.body ?? "");
    expect(body).toMatchObject({ routing_key: secretKey, event_action: action, dedup_key: "page_1" });
    if (as === undefined) expect(body).not.toHaveProperty("payload");
    else
      expect(body).toMatchObject({
        payload: { summary: "P1 shop: down", source: "shop/production", severity: as },
        links: [{ href: "https://atoms.example.com/ack/x" }],
      });
  });

  it("keeps to the limits of the other side", async () => {
    const world = ports();
    await open(address).deliver({ ...page, thread: "t".repeat(300), title: "x".repeat(2_000) }, world);
    const body = JSON.parse(world.requests[0]?.body ?? "");
    expect(body.dedup_key).toHaveLength(255);
    expect(body.payload.summary).toHaveLength(1_024);
  });

  it.each([
    { errors: ["Length of 'routing_key' is incorrect (should be 32 characters)"], told: /400: Length of/ },
    { errors: [`bad key ${secretKey}`], told: /400: bad key \*\*\*$/ },
    { errors: ["see https://hooks.example.com/"], told: /answered 400$/ },
    { errors: "no list", told: /answered 400$/ },
  ])("tells what it does not take: $errors", async ({ errors, told }) => {
    const world = ports();
    const body = JSON.stringify({ status: "invalid event", errors });
    world.http.send = async () => ({ answered: true, status: 400, headers: {}, body, ms: 1, firstByteMs: 1 });
    expect(await open(address).deliver(page, world)).toMatchObject({
      sent: false,
      retry: false,
      because: expect.stringMatching(told),
    });
  });
});

describe("teams", () => {
  postingContract(
    (webhookUrl) => channelKinds.teams.open({ webhookUrl }),
    { ...ports(), http: fetchHttp() },
    (body) => {
      const [text, channel] = JSON.parse(body).attachments[0].content.body.map(
        (block: { inlines: { text: string }[] }) => block.inlines[0]?.text,
      );
      return { channel, text };
    },
  );

  it("is not believed when it says 200 and that it has failed", async () => {
    const world = ports();
    const body =
      "Webhook message delivery failed with error: Microsoft Teams endpoint returned HTTP error 429";
    world.http.send = async () => ({ answered: true, status: 200, headers: {}, body, ms: 1, firstByteMs: 1 });
    expect(await channelKinds.teams.open({ webhookUrl: address }).deliver(notice, world)).toMatchObject({
      sent: false,
      retry: true,
      because: "Teams did not take it, and answered 200",
    });
  });

  it("is an adaptive card with a button where there is something to acknowledge", async () => {
    const world = ports();
    await channelKinds.teams
      .open({ webhookUrl: address })
      .deliver({ ...notice, title: "Down", status: "open", link: "https://a.example.com/ack/x" }, world);
    const { type, attachments } = JSON.parse(world.requests[0]?.body ?? "");
    expect(type).toBe("message");
    expect(attachments[0].contentType).toBe("application/vnd.microsoft.card.adaptive");
    expect(attachments[0].content).toMatchObject({
      type: "AdaptiveCard",
      actions: [{ type: "Action.OpenUrl", url: "https://a.example.com/ack/x" }],
    });
  });
});

describe("discord", () => {
  postingContract(
    (webhookUrl) => channelKinds.discord.open({ webhookUrl }),
    { ...ports(), http: fetchHttp() },
    (body) => {
      const [channel, text] = JSON.parse(body).content.split("  ");
      return { channel, text };
    },
  );

  it("calls nobody, hides no link behind another name, and keeps to the length", async () => {
    const world = ports();
    const text = `@everyone [bank](https://evil.example.com) ${"x".repeat(3_000)}`;
    await channelKinds.discord.open({ webhookUrl: address }).deliver({ ...notice, text }, world);
    const body = JSON.parse(world.requests[0]?.body ?? "");
    expect(body.allowed_mentions).toEqual({ parse: [] });
    expect(body.content).toContain("\\[bank\\](https://evil.example.com)");
    expect(body.content).toHaveLength(2_000);
  });
});

describe("email", () => {
  const settings = {
    host: "smtp.example.com",
    port: 587,
    security: "starttls",
    from: "atoms@example.com",
    to: ["team@example.com", "ops@example.com"],
  } as const;
  const written = async (change: object) => {
    const world = ports();
    await channelKinds.email
      .open({ ...settings, to: [...settings.to] })
      .deliver({ ...notice, ...change }, world);
    return world.letters[0];
  };

  it("writes to the receivers of the playbook, or to the one address that is named", async () => {
    expect((await written({}))?.to).toEqual(["team@example.com", "ops@example.com"]);
    expect((await written({ channel: "ana@example.com" }))?.to).toEqual(["ana@example.com"]);
  });

  it.each([
    "one\r\nBcc: everybody@example.com\r\n\r\nanother text",
    "one\nBcc: everybody@example.com",
    "one\u2028Bcc: everybody@example.com",
  ])("no text can begin another header: %j", async (title) => {
    expect((await written({ title }))?.subject).toMatch(
      /^\[shop production\] one Bcc: everybody@example\.com[^\r\n\u2028]*$/,
    );
  });

  it("one notice has one id, and the letters of a thread belong under one", async () => {
    const [first, again] = [
      await written({ thread: "page_1" }),
      await written({ thread: "page_1", text: "more" }),
    ];
    expect(first?.messageId).toBe("rel.1.notice.start.1@example.com");
    expect(again?.messageId).toBe(first?.messageId);
    expect(first?.inReplyTo).toBe("thread.page.1@example.com");
  });

  it.each([
    ["ana@example.com", true],
    ["ana@example.com, ben@example.com", false],
    ["ana@example.com\r\nBcc: x@example.com", false],
    ["<ana@example.com>", false],
    ["#deployments", false],
  ])("%j is an address: %s", async (channel, is) => {
    expect((await written({ channel }))?.to.length).toBe(is ? 1 : 2);
  });
});
