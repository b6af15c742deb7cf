import type { RequestCount, RequestCounter } from "@atoms/playbook/measurement";
import type { VercelClient } from "../client.js";
import { metricsNotOffered } from "../problems.js";
import { VercelError } from "../vercel-error.js";
import type { Explain } from "./explain.js";
import type { Project } from "./project.js";
import { titleOf, type VercelPlatformOptions } from "./settings.js";

/** The most groups that one answer has: each is a deployment with a status. */
const mostGroups = 500;

/** Asks the platform's Observability how many requests deployments answered, by status, in buckets of five minutes. */
export function requestCounts(
  client: VercelClient,
  options: VercelPlatformOptions,
  project: Project,
  explain: Explain,
): RequestCounter["requestCounts"] {
  return async ({ deployments, from, to }, signal) => {
    const { id, accountId } = await project.present(signal);
    return explain({ asked: "count the requests of the deployments" }, async () => {
      const question = {
        scope: { type: "project" as const, ownerId: accountId ?? "", projectIds: [id] },
        metric: "vercel.request.count",
        aggregation: "sum",
        startTime: new Date(from).toISOString(),
        endTime: new Date(to).toISOString(),
        granularity: { minutes: 5 },
        groupBy: ["deployment_id", "http_status"],
        filter: deployments.map((one) => `deployment_id eq '${one.replaceAll("'", "''")}'`).join(" or "),
        limit: mostGroups,
      };
      try {
        const rows = await client.logs.metrics(question, signal);
        return rows.flatMap((row): RequestCount[] => {
          const deployment = row["deployment_id"];
          const requests = Number(row["vercel_request_count_sum"] ?? 0);
          if (typeof deployment !== "string" || !(requests > 0)) return [];
          return [
            { at: Date.parse(row.timestamp), deployment, status: Number(row["http_status"]) || 0, requests },
          ];
        });
      } catch (error) {
        if (!(error instanceof VercelError) || error.tokenRefused) throw error;
        // Without the product the platform answers 402; a project of a person, or a role without it, is forbidden.
        if (error.status !== 402 && error.status !== 403) throw error;
        const { status, message } = error;
        throw metricsNotOffered({ platform: titleOf(options.name), status, message });
      }
    });
  };
}
