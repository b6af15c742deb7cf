import { fakeClock, fakeHttp } from "@atoms/testkit";
import { describe, expect, it } from "vitest";
import type { ChannelPorts } from "./channel.js";
import { openChannels } from "./channel-set.js";
import type { Notice } from "./ports.js";
import { NotificationChannels } from "./settings.js";

const slackUrl = "https://hooks.example.com/slack";
const hookUrl = "https://hooks.example.com/hook";
const slack = { webhook_url: slackUrl };
const webhook = { url: hookUrl };
const unset = (name: string, variable: string) => ({
  part: `notification_channels.${name}`,
  message: `notification_channels.${name} is not configured: ${variable} is not set`,
});

const notice = (channel: string, key = "rel_1/notice/start/1"): Notice => ({
  key,
  service: "shop",
  environment: "production",
  release: "rel_1",
  channel,
  text: "hello",
  dueAt: 0,
});

function world(answers: { slack?: number[]; hook?: number[] } = {}) {
  const http = fakeHttp({
    [slackUrl]: (answers.slack ?? [200]).map((status) => ({ status })),
    [hookUrl]: (answers.hook ?? [200]).map((status) => ({ status })),
  });
  const printed: string[] = [];
  const ports: ChannelPorts = {
    http,
    clock: fakeClock(),
    print: (line) => printed.push(line),
    sign: () => "00",
  };
  return { ports, printed, asked: () => http.requests.map(({ url }) => url) };
}

describe("where a notice goes", () => {
  it.each([
    { set: {}, posted: [], prints: true },
    { set: { console: true }, posted: [], prints: true },
    { set: { slack }, posted: [slackUrl], prints: false },
    { set: { slack, console: true }, posted: [slackUrl], prints: true },
    { set: { webhook }, posted: [hookUrl], prints: false },
    { set: { slack, webhook }, posted: [slackUrl, hookUrl], prints: false },
    { set: { slack, webhook, console: true }, posted: [slackUrl, hookUrl], prints: true },
    { set: { pagerduty: { api_key: "k", service_id: "P1" } }, posted: [], prints: true },
  ])("$set", async ({ set, posted, prints }) => {
    const { ports, printed, asked } = world();
    const channels = openChannels(NotificationChannels.parse(set));
    expect(await channels.deliver(notice("#d"), ports)).toEqual({ sent: true });
    expect(asked()).toEqual(posted);
    expect(printed.includes("#d  hello")).toBe(prints);
  });

  it("is printed when the playbook says nothing of channels", async () => {
    const { ports, printed } = world();
    await openChannels(undefined).deliver(notice("#d"), ports);
    expect(printed).toEqual(["#d  hello"]);
  });
});

describe("a channel whose variable is not set", () => {
  it("is printed instead, and said once", async () => {
    const { ports, printed } = world();
    const channels = openChannels(NotificationChannels.parse({}), [unset("slack", "SLACK_WEBHOOK_URL")]);
    await channels.deliver(notice("#d"), ports);
    await channels.deliver(notice("#e", "rel_1/notice/start/2"), ports);
    expect(printed).toEqual([
      expect.stringMatching(
        /^ATM-811: .*SLACK_WEBHOOK_URL is not set\. Notices for it are printed instead\./,
      ),
      "#d  hello",
      "#e  hello",
    ]);
  });

  it("leaves the others as they are when it would not deliver anyway", async () => {
    const { ports, printed } = world();
    const channels = openChannels(NotificationChannels.parse({ slack }), [
      unset("pagerduty", "PAGERDUTY_API_KEY"),
    ]);
    expect(await channels.deliver(notice("#d"), ports)).toEqual({ sent: true });
    expect(printed).toEqual([]);
  });
});

describe("a channel that Atoms does not have yet", () => {
  const email = { smtp_host: "smtp.example.com", from: "a@example.com", to: ["b@example.com"] };

  it("is named in the warnings when it is set", () => {
    const channels = openChannels(
      NotificationChannels.parse({ email, pagerduty: { api_key: "k", service_id: "P1" } }),
    );
    expect(channels.warnings.map(({ code, happened }) => `${code} ${happened}`)).toEqual([
      expect.stringMatching(/^ATM-812 notification_channels\.pagerduty/),
      expect.stringMatching(/^ATM-812 notification_channels\.email/),
    ]);
  });

  it.each([
    { channel: "ops@example.com", kind: "e-mail" },
    { channel: "pagerduty", kind: "PagerDuty" },
  ])("a notice for $channel is never taken for delivered", async ({ channel, kind }) => {
    const { ports, asked } = world();
    const channels = openChannels(NotificationChannels.parse({ slack, webhook, email }));
    expect(await channels.deliver(notice(channel), ports)).toEqual({
      sent: false,
      retry: false,
      because: `no channel for it yet: Atoms can't deliver by ${kind}`,
    });
    // The general receiver still gets its copy; Slack has no channel of that name.
    expect(asked()).toEqual([hookUrl]);
  });
});

describe("several channels", () => {
  const both = () => openChannels(NotificationChannels.parse({ slack, webhook, console: true }));

  it("one that failed is tried again without repeating the others", async () => {
    const { ports, printed, asked } = world({ hook: [503, 200] });
    const channels = both();
    expect(await channels.deliver(notice("#d"), ports)).toEqual({
      sent: false,
      retry: true,
      because: "the webhook answered 503",
    });
    expect(await channels.deliver(notice("#d"), ports)).toEqual({ sent: true });
    expect(asked()).toEqual([slackUrl, hookUrl, hookUrl]);
    expect(printed).toEqual(["#d  hello"]);
  });

  it("one that failed for good is reported although the others have it", async () => {
    const { ports } = world({ slack: [404] });
    expect(await both().deliver(notice("#d"), ports)).toEqual({
      sent: false,
      retry: false,
      because: "Slack answered 404",
    });
  });

  it("one that failed for good is still reported after the other came through", async () => {
    const { ports, asked } = world({ slack: [404], hook: [500, 200] });
    const channels = both();
    expect(await channels.deliver(notice("#d"), ports)).toMatchObject({ sent: false, retry: true });
    expect(await channels.deliver(notice("#d"), ports)).toEqual({
      sent: false,
      retry: false,
      because: "Slack answered 404",
    });
    expect(asked().filter((url) => url === slackUrl)).toHaveLength(1);
  });

  it("a channel that breaks in Atoms is tried again, and what it threw is not told", async () => {
    const { ports } = world();
    const broken = {
      ...ports,
      http: {
        send: async () => {
          throw new Error(`no way to ${slackUrl}`);
        },
      },
    };
    expect(await openChannels(NotificationChannels.parse({ slack })).deliver(notice("#d"), broken)).toEqual({
      sent: false,
      retry: true,
      because: "slack failed in Atoms itself",
    });
  });
});
