import { z } from "zod";
import type { HttpResult } from "../../terms/index.js";
import { common, defineKind, type Look, tenth } from "./kind.js";

/** Series that one look reads at most. */
const mostSeries = 1_000;

export const prometheus = defineKind({
  title: "Prometheus query",
  why: "What a team measures already should wake somebody, without being measured twice.",
  settings: z.strictObject({
    kind: z.literal("prometheus"),
    ...common({ interval: 60_000, timeout: 10_000 }),
    url: z
      .url({ protocol: /^https?$/, error: "expected an address such as https://prometheus.example.com" })
      .describe(
        "Where Prometheus, or what speaks its query API, answers; a path in front of /api/v1 may follow.",
      ),
    headers: z
      .record(
        z.string().regex(/^[A-Za-z0-9-]+$/, { error: "expected the name of a header" }),
        z.string().min(1),
      )
      .default({})
      .describe(
        `Sent with every query, e.g. Authorization: Bearer \${PROMETHEUS_TOKEN}. Write secrets as variables.`,
      ),
    query: z
      .string()
      .min(1)
      .max(4_000)
      .meta({ examples: ['sum(rate(http_requests_total{code=~"5.."}[5m]))'] })
      .describe("PromQL, evaluated at the moment of the look."),
    at_most: z.number().optional().describe("It is down when a value is larger."),
    at_least: z.number().optional().describe("It is down when a value is smaller."),
    no_data: z
      .enum(["down", "up"])
      .default("down")
      .describe("What it is when the query finds nothing: a number that is not there says nothing good."),
  }),
  series: ["value", "latency_ms"],
  limitMs: ({ timeout }) => timeout + 1_000,
  elsewhere: () => true,
  async look(settings, world) {
    const asked = new URLSearchParams({ query: settings.query, time: (world.at / 1_000).toFixed(3) });
    const answer = await world.http.send(
      {
        url: `${settings.url.replace(/\/+$/, "")}/api/v1/query?${asked}`,
        headers: settings.headers,
        timeoutMs: settings.timeout,
      },
      world.signal,
    );
    return judgeQuery(answer, settings);
  },
});

const Result = z.object({
  status: z.literal("success"),
  data: z.discriminatedUnion("resultType", [
    z.object({
      resultType: z.literal("vector"),
      result: z.array(
        z.object({ metric: z.record(z.string(), z.string()), value: z.tuple([z.number(), z.string()]) }),
      ),
    }),
    z.object({ resultType: z.literal("scalar"), result: z.tuple([z.number(), z.string()]) }),
  ]),
});
const Failure = z.object({ status: z.literal("error"), error: z.string() });

/**
 * Judges the answer of a query. Of several series the worst is kept as the value: the one furthest over `at_most`, or
 * else the smallest under `at_least`; without limits the largest.
 */
export function judgeQuery(
  answer: HttpResult,
  limits: {
    at_most?: number | undefined;
    at_least?: number | undefined;
    no_data: "down" | "up";
  },
): Look {
  const times = { latency_ms: tenth(answer.ms) };
  const down = (because: string): Look => ({ outcome: "down", values: times, because });
  if (!answer.answered) return down(answer.message);
  const body = asJson(answer.body);
  const failure = Failure.safeParse(body);
  if (failure.success) return down(`Prometheus refuses the query: ${failure.data.error}`);
  if (answer.status === 401 || answer.status === 403)
    return down(`Prometheus answers ${answer.status}: the headers do not let Atoms in.`);
  const read = Result.safeParse(body);
  if (answer.status !== 200 || !read.success)
    return down(`It answers ${answer.status}, and not as the query API of Prometheus does.`);
  const { data } = read.data;
  const found =
    data.resultType === "scalar"
      ? [{ metric: {}, value: Number(data.result[1]) }]
      : data.result.slice(0, mostSeries).map((one) => ({ metric: one.metric, value: Number(one.value[1]) }));
  const numbers = found.filter(({ value }) => Number.isFinite(value));
  if (numbers.length === 0) {
    const what = found.length === 0 ? "finds nothing" : "finds no finite number";
    return limits.no_data === "up" ? { outcome: "up", values: times } : down(`The query ${what}.`);
  }
  const largest = numbers.reduce((a, b) => (b.value > a.value ? b : a));
  const smallest = numbers.reduce((a, b) => (b.value < a.value ? b : a));
  const over = limits.at_most !== undefined && largest.value > limits.at_most;
  const under = limits.at_least !== undefined && smallest.value < limits.at_least;
  const onlyLeast = limits.at_most === undefined && limits.at_least !== undefined;
  const worst = !over && (under || onlyLeast) ? smallest : largest;
  const values = { value: worst.value, ...times };
  if (!over && !under) return { outcome: "up", values };
  const limit = over ? `at most ${limits.at_most}` : `at least ${limits.at_least}`;
  return {
    outcome: "down",
    values,
    because: `${labelsText(worst.metric)}is ${rounded(worst.value)}; ${limit} is meant.`,
  };
}

function labelsText(metric: Readonly<Record<string, string>>): string {
  const { __name__: name = "", ...labels } = metric;
  const pairs = Object.entries(labels)
    .slice(0, 5)
    .map(([label, value]) => `${label}=${JSON.stringify(value)}`);
  const text = `${name}${pairs.length > 0 ? `{${pairs.join(", ")}}` : ""}`;
  return text === "" ? "The value " : `${text} `;
}

const rounded = (value: number) => Number(value.toPrecision(6));

function asJson(text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return undefined;
  }
}
