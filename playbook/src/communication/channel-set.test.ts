import { fakeClock, fakeHttp, memoryOfChannels } from "@atoms/testkit";
import { describe, expect, it } from "vitest";
import type { ChannelPorts } from "./channel.js";
import { openChannels } from "./channel-set.js";
import type { ChannelOutcome } from "./ports.js";
import { NotificationChannels } from "./settings.js";

const slackUrl = "https://hooks.example.com/slack";
const hookUrl = "https://hooks.example.com/hook";
const slack = { webhook_url: slackUrl };
const webhook = { url: hookUrl };
const at = (state: ChannelOutcome["state"]): ChannelOutcome => ({ state, at: 0 });
const unset = (name: string, variable: string) => ({
  part: `notification_channels.${name}`,
  message: `notification_channels.${name} is not configured: ${variable} is not set`,
});

type Given = Parameters<ReturnType<typeof openChannels>["deliver"]>[0];
const notice = (channel: string, key = "rel_1/notice/start/1"): Given => ({
  key,
  service: "shop",
  environment: "production",
  release: "rel_1",
  channel,
  text: "hello",
  dueAt: 0,
  since: fakeClock().now(),
  reached: {},
});

/** Tries until nothing is left to try, as the dispatcher does: what was reached is carried from one try to the next. */
function carried(channels: ReturnType<typeof openChannels>, first: Given, ports: ChannelPorts) {
  let reached: Record<string, ChannelOutcome> = { ...first.reached };
  return {
    next: () =>
      channels.deliver({ ...first, reached }, ports, async (name, outcome) => {
        reached = { ...reached, [name]: outcome };
      }),
    reached: () => Object.fromEntries(Object.entries(reached).map(([name, { state }]) => [name, state])),
  };
}

function world(answers: { slack?: number[]; hook?: number[] } = {}) {
  const http = fakeHttp({
    [slackUrl]: (answers.slack ?? [200]).map((status) => ({ status })),
    [hookUrl]: (answers.hook ?? [200]).map((status) => ({ status })),
  });
  const printed: string[] = [];
  const clock = fakeClock();
  const ports: ChannelPorts = {
    http,
    mail: { send: async () => ({ sent: true }) },
    memory: memoryOfChannels(),
    clock,
    print: (line) => printed.push(line),
    sign: () => "00",
  };
  return { ports, printed, clock, asked: () => http.requests.map(({ url }) => url) };
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
    { set: { teams: { webhook_url: hookUrl } }, posted: [hookUrl], prints: false },
    { set: { slack, discord: { webhook_url: hookUrl } }, posted: [slackUrl, hookUrl], prints: false },
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

  it("leaves the others as they are; what asks for it is printed", async () => {
    const { ports, printed } = world();
    const channels = openChannels(NotificationChannels.parse({ slack }), [
      unset("pagerduty", "PAGERDUTY_API_KEY"),
    ]);
    expect(await channels.deliver(notice("#d"), ports)).toEqual({ sent: true });
    expect(printed).toEqual([expect.stringMatching(/^ATM-811: .*PAGERDUTY_API_KEY is not set/)]);
    await channels.deliver(notice("pagerduty", "n2"), ports);
    expect(printed).toHaveLength(2);
    expect(printed[1]).toBe("pagerduty  hello");
  });
});

describe("a channel that is not set up", () => {
  const email = { smtp_host: "smtp.example.com", from: "a@example.com", to: ["b@example.com"] };

  it.each([
    { channel: "ops@example.com", part: "email" },
    { channel: "pagerduty", part: "pagerduty" },
    { channel: "teams", part: "teams" },
  ])("a notice for $channel goes to whoever takes over, with a word why", async ({ channel, part }) => {
    const { ports, asked } = world();
    const channels = openChannels(NotificationChannels.parse({ slack, webhook }));
    expect(await channels.deliver(notice(channel), ports)).toEqual({
      sent: true,
      because: `notification_channels.${part} is not set up; slack took over`,
    });
    // The general receiver gets its copy as always.
    expect(asked()).toEqual([hookUrl, slackUrl]);
  });

  it.each(["ops@example.com", "pagerduty", "@U0123ABCD"])(
    "a notice for %s is never taken for delivered when nobody takes over",
    async (channel) => {
      const { ports, printed } = world();
      const channels = openChannels(NotificationChannels.parse({ webhook }));
      expect(await channels.deliver(notice(channel), ports)).toMatchObject({ sent: false, retry: false });
      expect(printed).toEqual([]);
    },
  );

  it("letters go to an address, and to nobody else", async () => {
    const { ports, asked } = world();
    const channels = openChannels(NotificationChannels.parse({ slack, email }));
    expect(await channels.deliver(notice("ops@example.com"), ports)).toEqual({ sent: true });
    expect(asked()).toEqual([]);
  });
});

describe("a channel that is down", () => {
  const minute = 60_000;
  const email = { smtp_host: "smtp.example.com", from: "a@example.com", to: ["b@example.com"] };
  const settings = (more: object = {}) => NotificationChannels.parse({ slack, email, ...more });

  it("is waited for, then the next one takes over, once", async () => {
    const { ports, asked, clock } = world({ slack: [503, 503, 503, 503] });
    const letters: string[] = [];
    const mail: ChannelPorts["mail"] = {
      async send({ text }) {
        letters.push(text);
        return { sent: true };
      },
    };
    const tries = carried(openChannels(settings()), notice("#d"), { ...ports, mail });
    expect(await tries.next()).toMatchObject({ sent: false, retry: true });
    await clock.advance(minute);
    expect(await tries.next()).toMatchObject({ sent: false, retry: true });
    expect(letters).toEqual([]);
    await clock.advance(minute);
    expect(await tries.next()).toEqual({ sent: true, because: "Slack answered 503; email took over" });
    expect(letters).toEqual([
      expect.stringContaining("(For #d, which was not reached: Slack answered 503.) hello"),
    ]);
    expect(asked()).toHaveLength(3);
    expect(tries.reached()).toEqual({ slack: "waiting", email: "sent" });
  });

  it("that refuses is not waited for", async () => {
    const { ports } = world({ slack: [404] });
    expect(await openChannels(settings()).deliver(notice("#d"), ports)).toEqual({
      sent: true,
      because: "Slack answered 404; email took over",
    });
  });

  it("nobody takes over when the playbook says so", async () => {
    const { ports } = world({ slack: [404] });
    const channels = openChannels(settings({ delivery: { fall_over: [] } }));
    expect(await channels.deliver(notice("#d"), ports)).toEqual({
      sent: false,
      retry: false,
      because: "Slack answered 404",
    });
  });

  it("whoever takes over may be down as well; then the one after that is asked, in the order of the playbook", async () => {
    const { ports, asked } = world({ slack: [404], hook: [503, 200] });
    const teamsUrl = "https://hooks.example.com/teams";
    const http = fakeHttp({ [slackUrl]: { status: 404 }, [teamsUrl]: { status: 500 } });
    const refusing = {
      send: async () => ({ sent: false, retry: true, because: "no", silent: true }) as const,
    };
    const channels = openChannels(
      settings({ teams: { webhook_url: teamsUrl }, delivery: { fall_over: ["email", "teams", "slack"] } }),
    );
    const tries = carried(channels, notice("slack-member@example.com"), { ...ports, http, mail: refusing });
    // E-mail is asked for and silent: it is waited for first.
    expect(await tries.next()).toMatchObject({ sent: false, retry: true, because: "no", silent: true });
    expect(asked()).toEqual([]);
    expect(http.requests).toEqual([]);
  });

  it("a dead letter goes wherever else it can, never where it failed", async () => {
    const { ports, asked } = world();
    const channels = openChannels(settings({ webhook }));
    expect(await channels.deliver({ ...notice("any"), avoid: ["email"] }, ports)).toEqual({ sent: true });
    expect(asked()).toEqual([slackUrl, hookUrl]);
  });
});

describe("the pace", () => {
  it("is a message a second for a Slack channel, and what asked to be left alone is left alone", async () => {
    const { ports, asked, clock } = world({ slack: [200, 429, 200] });
    const http = fakeHttp({
      [slackUrl]: [{ status: 200 }, { status: 429, headers: { "retry-after": "30" } }, { status: 200 }],
    });
    const channels = openChannels(NotificationChannels.parse({ slack }));
    const world2 = { ...ports, http };
    await channels.deliver(notice("#d", "n1"), world2);
    const second = channels.deliver(notice("#d", "n2"), world2);
    await clock.advance(1_099);
    expect(http.requests).toHaveLength(1);
    await clock.advance(1);
    expect(await second).toMatchObject({ sent: false, retry: true, retryAfterMs: 30_000 });
    expect(await channels.deliver(notice("#d", "n3"), world2)).toMatchObject({
      sent: false,
      retry: true,
      retryAfterMs: 30_000,
    });
    expect(http.requests).toHaveLength(2);
    await clock.advance(30_000);
    expect(await channels.deliver(notice("#d", "n3"), world2)).toEqual({ sent: true });
    expect(asked()).toEqual([]);
  });
});

describe("several channels", () => {
  const both = () => openChannels(NotificationChannels.parse({ slack, webhook, console: true }));

  it("one that failed is tried again without repeating the others, whoever tries", async () => {
    const { ports, printed, asked } = world({ hook: [503, 200] });
    const tries = carried(both(), notice("#d"), ports);
    expect(await tries.next()).toEqual({ sent: false, retry: true, because: "the webhook answered 503" });
    expect(tries.reached()).toEqual({ slack: "sent", webhook: "waiting", console: "sent" });
    // Another process goes on with what is written down.
    const later = carried(
      both(),
      { ...notice("#d"), reached: { slack: at("sent"), console: at("sent") } },
      ports,
    );
    expect(await later.next()).toEqual({ sent: true });
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
    const tries = carried(both(), notice("#d"), ports);
    expect(await tries.next()).toMatchObject({ sent: false, retry: true });
    expect(await tries.next()).toEqual({ sent: false, retry: false, because: "Slack answered 404" });
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
