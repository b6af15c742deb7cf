import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { type HttpRequest, NotificationChannels, openChannels } from "@atoms/playbook";
import { fakeClock, fakeHttp, memoryLedger, memoryOutbox } from "@atoms/testkit";
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
    random: () => 0.5,
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
  return { clock, outbox, printed, http, dispatch, put, states, texts };
}

describe("one pass", () => {
  it("sends what is due, in order, and nothing before its time", async () => {
    const { clock, dispatch, put, states, texts } = world({ [slackUrl]: { status: 200 } });
    await put(["#d", 2], ["#d", 1], ["#d", 0], ["#d", minute]);
    await clock.advance(10);
    expect(await dispatchDue(dispatch, 20)).toEqual({ sent: 3, failed: 0, later: 0 });
    expect(texts()).toEqual(["text 3", "text 2", "text 1"]);
    expect((await states()).toSorted()).toEqual(["sent 1", "sent 1", "sent 1", "waiting 0"]);
    await clock.advance(minute);
    expect(await dispatchDue(dispatch, 20)).toEqual({ sent: 1, failed: 0, later: 0 });
    expect(await dispatchDue(dispatch, 20)).toEqual({ sent: 0, failed: 0, later: 0 });
  });

  it.each([
    { limit: 1, sent: 1 },
    { limit: 10, sent: 10 },
    { limit: 13, sent: 13 },
    { limit: 100, sent: 25 },
  ])("tries at most $limit", async ({ limit, sent }) => {
    const { dispatch, put } = world({ [slackUrl]: { status: 200 } });
    await put(...Array.from({ length: 25 }, (_, i): [string, number] => [`#${i % 3}`, 0]));
    expect(await dispatchDue(dispatch, limit)).toEqual({ sent, failed: 0, later: 0 });
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
    const { clock, dispatch, put, states } = world({ [slackUrl]: answers });
    await put(["#d", 0]);
    for (const [outcome, wait] of passes) {
      expect(await dispatchDue(dispatch, 20)).toEqual({ sent: 0, failed: 0, later: 0, [outcome]: 1 });
      if (wait === 0) continue;
      await clock.advance(wait - 1);
      expect(await dispatchDue(dispatch, 20)).toEqual({ sent: 0, failed: 0, later: 0 });
      await clock.advance(1);
    }
    expect(await states()).toEqual([end]);
  });

  it("prints what it gives up, with its text and never with the address", async () => {
    const { dispatch, put, printed } = world({ [slackUrl]: { status: 401 } });
    await put(["#d", 0]);
    await dispatchDue(dispatch, 20);
    expect(printed).toEqual([
      expect.stringMatching(
        /^ATM-810: The notice for #d was given up: Slack answered 401\. It reads: "text 1"/,
      ),
    ]);
    expect(printed.join()).not.toContain("zhSecret");
  });

  it("gives up a notice that has no channel yet, and says so", async () => {
    const { dispatch, put, printed, states } = world();
    await put(["oncall@example.com", 0]);
    expect(await dispatchDue(dispatch, 20)).toEqual({ sent: 0, failed: 1, later: 0 });
    expect(await states()).toEqual(["dead 1 no channel for it yet: Atoms can't deliver by e-mail"]);
    expect(printed).toEqual([
      expect.stringContaining('no channel for it yet: Atoms can\'t deliver by e-mail. It reads: "text 1"'),
    ]);
  });

  it("gives up after a day of trying", async () => {
    const { clock, dispatch, put, outbox, states } = world({ [slackUrl]: { status: 500 } });
    await put(["#d", 0]);
    let tries = 0;
    for (; tries < 1_000; tries++) {
      if ((await dispatchDue(dispatch, 20)).failed === 1) break;
      const [record] = await outbox.list({ limit: 1 });
      await clock.advanceTo(record?.nextAt ?? 0);
    }
    expect((await states())[0]).toMatch(/^dead \d+ Slack answered 500$/);
    expect(tries).toBeGreaterThan(96);
  });

  it("stops between two notices when it is told to", async () => {
    const stop = new AbortController();
    const { dispatch, put, states } = world({
      [slackUrl]: () => {
        stop.abort();
        return { status: 200 };
      },
    });
    await put(["#d", 0], ["#d", 0]);
    expect(await dispatchDue({ ...dispatch, signal: stop.signal }, 20)).toEqual({
      sent: 1,
      failed: 0,
      later: 0,
    });
    expect(await states()).toEqual(["sent 1", "waiting 0"]);
  });

  it("throws what the outbox throws, after the other channels are served", async () => {
    const { dispatch, put, outbox, states } = world({ [slackUrl]: { status: 200 } });
    await put(["#a", 0], ["#b", 0]);
    const breaking = {
      ...outbox,
      settle: async (...given: Parameters<typeof outbox.settle>) => {
        if (given[0].endsWith("/1")) throw new Error("disk full");
        await outbox.settle(...given);
      },
    };
    await expect(dispatchDue({ ...dispatch, outbox: breaking }, 20)).rejects.toThrow("disk full");
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
    await clock.advance(10);
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
