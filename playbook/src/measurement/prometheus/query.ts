import { z } from "zod";
import type { Http } from "../../terms/index.js";
import type { ArmTarget } from "../model.js";
import type { PrometheusSettings } from "../settings.js";
import type { Series } from "./counters.js";

/** What a query came to. That there is no answer is data: a silent source has a policy. */
export type Answered = { ok: true; series: Series[] } | { ok: false; because: string };

/** The selector of one arm. Values are escaped for a PromQL string, so that no version can change the query. */
export function fill(template: string, arm: Pick<ArmTarget, "deployment" | "version" | "address">): string {
  const values: Record<string, string> = {
    deployment: arm.deployment,
    version: arm.version ?? "",
    host: URL.canParse(arm.address) ? new URL(arm.address).host : arm.address,
  };
  return template.replace(/\{\{\s*(\w+)\s*\}\}/g, (_, name: string) =>
    (values[name] ?? "").replace(/[\\"'`]/g, "\\$&").replace(/\n/g, "\\n"),
  );
}

const Success = z.object({
  status: z.literal("success"),
  data: z.object({
    resultType: z.literal("matrix"),
    result: z.array(
      z.object({
        metric: z.record(z.string(), z.string()),
        values: z.array(z.tuple([z.number(), z.string()])).default([]),
      }),
    ),
  }),
});
const Failure = z.object({ status: z.literal("error"), errorType: z.string(), error: z.string() });

/** Bytes after which the port cuts an answer. */
const mostBytes = 1024 * 1024;

/**
 * Reads the raw samples of a selector. Raw, because Prometheus' own `increase` extrapolates, loses the first value of a
 * new series, and cannot be asked for the same seconds of both arms.
 * @param span Up to when, and how far back, in milliseconds.
 */
export async function readSamples(
  settings: PrometheusSettings,
  http: Http,
  selector: string,
  span: { until: number; ms: number },
  signal: AbortSignal,
): Promise<Answered> {
  const asked = new URLSearchParams({
    query: `${selector}[${Math.ceil(span.ms / 1_000)}s]`,
    time: (span.until / 1_000).toFixed(3),
  });
  const url = `${settings.url.replace(/\/+$/, "")}/api/v1/query?${asked}`;
  const answer = await http.send({ url, headers: settings.headers, timeoutMs: settings.timeout }, signal);
  if (!answer.answered) return { ok: false, because: answer.message.replace(/\.$/, "") };
  const body = asJson(answer.body);
  const failure = Failure.safeParse(body);
  if (failure.success) return { ok: false, because: `Prometheus refuses ${selector}: ${failure.data.error}` };
  if (answer.status === 401 || answer.status === 403)
    return { ok: false, because: `Prometheus answers ${answer.status}: the headers do not let Atoms in` };
  const success = Success.safeParse(body);
  if (answer.status !== 200 || !success.success) {
    const cut = answer.body.length >= mostBytes / 2 && body === undefined;
    const what = cut ? "more than 1 MiB: the selector selects too many series" : "not as its query API does";
    return { ok: false, because: `${new URL(settings.url).host} answers ${answer.status}, and ${what}` };
  }
  return {
    ok: true,
    series: success.data.data.result.map(({ metric, values }) => ({
      labels: metric,
      samples: values.map(([at, value]) => [Math.round(at * 1_000), Number(value)] as const),
    })),
  };
}

function asJson(text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return undefined;
  }
}
