import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { type HttpRequest, NotificationChannels, openChannels } from "@atoms/playbook";
import { fakeClock, fakeHttp, memoryLedger, memoryOfChannels, memoryOutbox } from "@atoms/testkit";
import { undiciHttp } from "@atoms/vercel";
import { afterEach, describe, expect, it } from "vitest";
import { type Dispatch, dispatchDue } from "./dispatch.js";
import { keepDispatching } from "./keep-dispatching.js";
import { sign } from "./sign.js";

const slackUrl = "https://hooks.example.com/zhSecret";
const minute = 60_000;

function world(
  answers: Parameters<typeof fakeHttp>[0] = {},
  settings: object = { slack: { webhook_url: slackUrl } },
) {
  const clock = fakeClock();
  const ledger = memoryLedger();
  const outbox = memoryOutbox(ledger);
  const printed: string[] = [];
  const http = fakeHttp(answers);
  const dispatch: Dispatch = {
    outbox,
    channels: openChannels(NotificationChannels.parse(settings)),
    clock,
    http,
    mail: { send: async () => ({ sent: true }) },
    memory: memoryOfChannels(),
    random: () => 0.5,
    complete: async (notice) => notice,
    print: (line) => printed.push(line),
    sign,
  };
  const put = (...notices: [channel: string, inMs: number][]) =>
    outbox.put(
      notices.map(([channel, inMs], i) => ({
        key: `rel_1/notice/start/${i + 1}`,
        service: "shop",
        environment: "production",
        release: "rel_1",
        channel,
        text: `text ${i + 1}`,
        dueAt: clock.now() + inMs,
      })),
      [],
    );
  const states = async () =>
    (await outbox.list({ limit: 200 })).map(({ state, tries, because }) =>
      [state, tries, ...(because === undefined ? [] : [because])].join(" "),
    );
  const texts = () => http.requests.map(({ body }: HttpRequest) => JSON.parse(body ?? "").text);
  /** One pass, with as much time as the pace of the channels asks for. */
  const pass = (limit = 20, change: Partial<Dispatch> = {}) =>
    clock.runUntil(dispatchDue({ ...dispatch, ...change }, limit));
  return { clock, outbox, ledger, printed, http, dispatch, pass, put, states, texts };
}

describe("one pass", () => {
  it("sends what is due, in order, and nothing before its time", async () => {
    const { clock, pass, put, states, texts } = world({ [slackUrl]: { status: 200 } });
    await put(["#d", 2], ["#d", 1], ["#d", 0], ["#d", minute]);
    await clock.advance(10);
    expect(await pass(20)).toEqual({ sent: 3, failed: 0, later: 0 });
    expect(texts()).toEqual(["text 3", "text 2", "text 1"]);
    expect((await states()).toSorted()).toEqual(["sent 1", "sent 1", "sent 1", "waiting 0"]);
    await clock.advance(minute);
    expect(await pass(20)).toEqual({ sent: 1, failed: 0, later: 0 });
    expect(await pass(20)).toEqual({ sent: 0, failed: 0, later: 0 });
  });

  it.each([
    { limit: 1, sent: 1 },
    { limit: 10, sent: 10 },
    { limit: 13, sent: 13 },
    { limit: 100, sent: 25 },
  ])("tries at most $limit", async ({ limit, sent }) => {
    const { pass, put } = world({ [slackUrl]: { status: 200 } });
    await put(...Array.from({ length: 25 }, (_, i): [string, number] => [`#${i % 3}`, 0]));
    expect(await pass(limit)).toEqual({ sent, failed: 0, later: 0 });
  });

  it.each([
    {
      given: "503, then 200",
      answers: [{ status: 503 }, { status: 200 }],
      passes: [
        ["later", 1_500],
        ["sent", 0],
      ],
      end: "sent 2",
    },
    {
      given: "silence, then 200",
      answers: ["time-out", { status: 200 }],
      passes: [
        ["later", 1_500],
        ["sent", 0],
      ],
      end: "sent 2",
    },
    {
      given: "429 with a wait of five minutes",
      answers: [{ status: 429, headers: { "retry-after": "300" } }, { status: 200 }],
      passes: [
        ["later", 5 * minute],
        ["sent", 0],
      ],
      end: "sent 2",
    },
    { given: "404", answers: [{ status: 404 }], passes: [["failed", 0]], end: "dead 1 Slack answered 404" },
  ] as const)("$given", async ({ answers, passes, end }) => {
    const { clock, pass, put, states } = world({ [slackUrl]: answers });
    await put(["#d", 0]);
    for (const [outcome, wait] of passes) {
      expect(await pass(20)).toEqual({ sent: 0, failed: 0, later: 0, [outcome]: 1 });
      if (wait === 0) continue;
      await clock.advance(wait - 1);
      expect(await pass(20)).toEqual({ sent: 0, failed: 0, later: 0 });
      await clock.advance(1);
    }
    expect((await states())[0]).toBe(end);
  });

  it("prints what it gives up, with its text and never with the address", async () => {
    const { pass, put, printed } = world({ [slackUrl]: { status: 401 } });
    await put(["#d", 0]);
    await pass(20);
    expect(printed).toEqual([
      expect.stringMatching(
        /^ATM-810: The notice for #d was given up: Slack answered 401\. It reads: "text 1"/,
      ),
    ]);
    expect(printed.join()).not.toContain("zhSecret");
  });

  it("gives up a notice whose channel is not set up, where nobody takes over, and says so", async () => {
    const { pass, put, printed, states } = world({}, { webhook: { url: slackUrl } });
    await put(["oncall@example.com", 0]);
    expect(await pass(20, { http: fakeHttp({ [slackUrl]: { status: 200 } }) })).toMatchObject({ failed: 1 });
    expect((await states())[0]).toBe("dead 1 notification_channels.email is not set up");
    expect(printed[0]).toContain('notification_channels.email is not set up. It reads: "text 1"');
  });

  it("tells of a dead notice through the channels that are left, once an hour for each channel", async () => {
    const hook = "https://hooks.example.com/hook";
    const { pass, put, outbox, ledger, clock } = world(
      { [slackUrl]: { status: 404 }, [hook]: { status: 200 } },
      { slack: { webhook_url: slackUrl }, webhook: { url: hook } },
    );
    await put(["#d", 0], ["#d", 0], ["#d", 0]);
    expect(await pass()).toMatchObject({ failed: 3 });
    await clock.advance(1_000);
    expect(await pass()).toMatchObject({ sent: 1 });
    const [letter] = (await outbox.list({ limit: 9 })).filter(({ channel }) => channel === "any");
    expect(letter).toMatchObject({
      state: "sent",
      avoid: ["slack"],
      text: 'Notices for #d are not delivered: Slack answered 404. The first reads: "text 1" `atoms notices` lists them.',
    });
    const dead = (await ledger.read({})).filter(({ kind }) => kind === "notice.dead");
    expect(dead).toHaveLength(3);
    expect(dead[0]?.data).toMatchObject({ channel: "#d", text: "text 1", because: "Slack answered 404" });
  });

  it("a dead letter that dies tells of no other", async () => {
    const { pass, put, outbox, clock } = world({ [slackUrl]: { status: 404 } });
    await put(["any", 0]);
    expect(await pass()).toMatchObject({ failed: 1 });
    await clock.advance(1_000);
    expect(await outbox.list({ limit: 9 })).toHaveLength(1);
  });

  it("a person has what is dead tried again, and it is as new", async () => {
    const { pass, put, outbox, states, clock } = world({ [slackUrl]: [{ status: 404 }, { status: 200 }] });
    await put(["#d", 0]);
    await pass();
    await clock.advance(3 * 24 * 3_600_000);
    const ada = { kind: "person", name: "ada", via: "cli" } as const;
    expect(await outbox.retry(["rel_1/notice/start/1"], clock.now(), ada)).toHaveLength(1);
    await pass();
    expect((await states())[0]).toBe("sent 1");
  });

  it("a channel down for a day loses nothing and floods nobody: the newest of each thread is told", async () => {
    let up = false;
    const { pass, outbox, clock, http, ledger } = world({
      [slackUrl]: () => (up ? { status: 200 } : "refused"),
    });
    const start = clock.now();
    for (const thread of ["page_1", "page_2"])
      await outbox.put(
        Array.from({ length: 24 }, (_, i) => ({
          key: `${thread}/${i}`,
          service: "shop",
          environment: "production",
          channel: "#d",
          text: `${thread} ${i}`,
          thread,
          dueAt: start + i * 3_600_000,
        })),
        [],
      );
    for (let hour = 0; hour < 24; hour++) {
      await pass(100);
      await clock.advanceTo(Math.max(clock.now(), start + (hour + 1) * 3_600_000));
    }
    up = true;
    await clock.advance(20 * minute);
    const before = http.requests.length;
    await pass(100);
    await clock.advance(20 * minute);
    await pass(100);
    const told = http.requests.slice(before).map(({ body }) => JSON.parse(body ?? "").text);
    expect(told.toSorted()).toEqual(["page_1 23", "page_2 23"]);
    const states = (await outbox.list({ limit: 100 })).map(({ state }) => state);
    expect(states.filter((state) => state === "superseded")).toHaveLength(46);
    expect(states.filter((state) => state === "sent")).toHaveLength(2);
    const dropped = (await ledger.read({ limit: 500 })).filter(({ kind }) => kind === "notice.superseded");
    expect(dropped).toHaveLength(46);
  });

  it("asks a silent channel once in a pass, however many wait for it, and keeps their order", async () => {
    let up = false;
    const { pass, put, http, texts, clock } = world({
      [slackUrl]: () => (up ? { status: 200 } : "time-out"),
    });
    await put(["#d", 0], ["#d", 1], ["#d", 2], ["#d", 3]);
    await clock.advance(10);
    expect(await pass()).toEqual({ sent: 0, failed: 0, later: 4 });
    expect(http.requests).toHaveLength(1);
    up = true;
    await clock.advance(10_000);
    expect(await pass()).toMatchObject({ sent: 4 });
    expect(texts().slice(1)).toEqual(["text 1", "text 2", "text 3", "text 4"]);
  });

  it("a person can acknowledge by the link of a page's notice, which is kept nowhere", async () => {
    const { pass, outbox, http, clock } = world({ [slackUrl]: { status: 200 } });
    const notice = {
      key: "page_1/told/0/1",
      service: "shop",
      environment: "production",
      channel: "#d",
      text: "P1",
      page: "page_1",
      dueAt: clock.now(),
    };
    await outbox.put([notice], []);
    await pass(20, {
      complete: async (given) => ({ ...given, link: `https://atoms.example.com/ack/${given.page}` }),
    });
    expect(JSON.parse(http.requests[0]?.body ?? "").text).toBe(
      "P1 Acknowledge: https://atoms.example.com/ack/page_1",
    );
    expect(JSON.stringify(await outbox.list({ limit: 9 }))).not.toContain("/ack/");
  });

  it("gives up after two days of trying", async () => {
    const { clock, pass, put, outbox, states } = world({ [slackUrl]: { status: 500 } });
    await put(["#d", 0]);
    let tries = 0;
    for (; tries < 1_000; tries++) {
      if ((await pass(20)).failed === 1) break;
      const [record] = await outbox.list({ limit: 1 });
      await clock.advanceTo(record?.nextAt ?? 0);
    }
    expect((await states())[0]).toMatch(/^dead \d+ Slack answered 500$/);
    expect(tries).toBeGreaterThan(96);
  });

  it("stops between two notices when it is told to", async () => {
    const stop = new AbortController();
    const { pass, put, states } = world({
      [slackUrl]: () => {
        stop.abort();
        return { status: 200 };
      },
    });
    await put(["#d", 0], ["#d", 0]);
    expect(await pass(20, { signal: stop.signal })).toEqual({
      sent: 1,
      failed: 0,
      later: 0,
    });
    expect(await states()).toEqual(["sent 1", "waiting 0"]);
  });

  it("throws what the outbox throws, after the other channels are served", async () => {
    const { pass, put, outbox, states } = world({ [slackUrl]: { status: 200 } });
    await put(["#a", 0], ["#b", 0]);
    const breaking = {
      ...outbox,
      settle: async (...given: Parameters<typeof outbox.settle>) => {
        if (given[0].endsWith("/1")) throw new Error("disk full");
        await outbox.settle(...given);
      },
    };
    await expect(pass(20, { outbox: breaking })).rejects.toThrow("disk full");
    expect((await states()).toSorted()).toEqual(["sent 1", "waiting 0"]);
  });
});

describe("the loop", () => {
  it("sends when due, goes on after errors, and ends with the signal", async () => {
    const { clock, dispatch, put, outbox, states } = world({ [slackUrl]: { status: 200 } });
    await put(["#d", 0], ["#d", 30_000]);
    const stop = new AbortController();
    const errors: unknown[] = [];
    const passes: [number, number][] = [];
    let broken = true;
    const start = clock.now();
    const flaky = {
      ...outbox,
      take: async (...given: Parameters<typeof outbox.take>) => {
        if (broken) throw new Error("store locked");
        return outbox.take(...given);
      },
    };
    const loop = keepDispatching(
      { ...dispatch, outbox: flaky, signal: stop.signal },
      {
        onError: (error) => errors.push(error),
        onPass: ({ sent }) => passes.push([clock.now() - start, sent]),
      },
    );
    await clock.advance(6_000);
    expect(errors).toHaveLength(2);
    broken = false;
    await clock.advance(34_000);
    expect(errors).toHaveLength(2);
    expect(passes).toEqual([
      [10_000, 1],
      [30_000, 1],
    ]);
    expect(await states()).toEqual(["sent 1", "sent 1"]);
    stop.abort();
    await loop;
    expect(clock.sleepers).toBe(0);
  });

  it("does not pause while there is more than one pass can take", async () => {
    const { clock, dispatch, put, states } = world({ [slackUrl]: { status: 200 } });
    await put(...Array.from({ length: 7 }, (): [string, number] => ["#d", 0]));
    const stop = new AbortController();
    const loop = keepDispatching(
      { ...dispatch, signal: stop.signal },
      { limit: 2, onError: (error) => expect.unreachable(String(error)) },
    );
    await clock.advance(7 * 1_100 + 10);
    expect(await states()).toEqual(Array.from({ length: 7 }, () => "sent 1"));
    stop.abort();
    await loop;
  });
});

describe("over a real connection", () => {
  let server: Server | undefined;
  afterEach(() => {
    server?.closeAllConnections();
    server?.close();
  });

  it("a receiver can prove who sent it, and that it is no repetition", async () => {
    const received: { headers: Record<string, string | string[] | undefined>; body: string }[] = [];
    const answers = [503, 200];
    server = createServer((request, response) => {
      let body = "";
      request.on("data", (part) => {
        body += part;
      });
      request.on("end", () => {
        received.push({ headers: request.headers, body });
        response.writeHead(answers.shift() ?? 500).end();
      });
    });
    const listening = server;
    await new Promise<void>((done) => listening.listen(0, "127.0.0.1", done));
    const url = `http://127.0.0.1:${(listening.address() as AddressInfo).port}/hook`;
    const { clock, dispatch, put } = world({}, { webhook: { url, secret: "whsec" } });
    const http = undiciHttp({ clock });
    try {
      await put(["#d", 0]);
      expect(await dispatchDue({ ...dispatch, http }, 20)).toEqual({ sent: 0, failed: 0, later: 1 });
      await clock.advance(2_000);
      expect(await dispatchDue({ ...dispatch, http }, 20)).toEqual({ sent: 1, failed: 0, later: 0 });
    } finally {
      await http.close();
    }
    expect(received).toHaveLength(2);
    for (const { headers, body } of received) {
      expect(headers["idempotency-key"]).toBe("rel_1/notice/start/1");
      expect(headers["x-atoms-signature"]).toBe(
        `sha256=${sign("whsec", `${headers["x-atoms-timestamp"]}.${body}`)}`,
      );
    }
  });
});

it("signs as RFC 4231 has it (test case 2)", () => {
  expect(sign("Jefe", "what do ya want for nothing?")).toBe(
    "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843",
  );
});
