import type { Problem } from "@atoms/playbook";
import type { VercelClient } from "../client.js";
import { take } from "../pages.js";
import { buildFailed, planExhausted } from "../problems.js";
import type { VercelError } from "../vercel-error.js";
import { type Subject, toProblem } from "./explain.js";
import { titleOf, type VercelPlatformOptions } from "./settings.js";
import { toDeployment } from "./translate.js";

/** Looks behind a refusal, where the platform's answer says less than it knows. */
export interface WhyRefused {
  /** A deployment that failed to build is more useful news than the refusal to move to it. */
  ofDeployment(error: VercelError, to: string, subject: Subject, signal?: AbortSignal): Promise<Problem>;
  /** A plan without rolling releases, or none left of them, is more useful news than "forbidden". */
  ofRollingRelease(
    error: VercelError,
    projectId: string,
    subject: Subject,
    signal?: AbortSignal,
  ): Promise<Problem>;
}

export function whyRefused(
  client: VercelClient,
  options: VercelPlatformOptions,
  address: (host: string) => string,
): WhyRefused {
  const isAboutAct = (error: VercelError) =>
    error.status >= 400 && error.status < 500 && error.status !== 429 && !error.tokenRefused;

  return {
    async ofDeployment(error, to, subject, signal) {
      if (!isAboutAct(error)) return toProblem(error, subject, options);
      const found = await client.deployments.get(to, signal).catch(() => undefined);
      const deployment = found === undefined ? undefined : toDeployment(found, address);
      if (deployment?.state !== "failed") return toProblem(error, subject, options);
      const lines = await take(client.deployments.events(to, { newest: 10 }, signal), 10).catch(() => []);
      return buildFailed({
        deployment: to,
        failure: deployment.failure ?? "the platform gave no reason",
        lines: lines.map((line) => line.text?.trimEnd() ?? "").filter((line) => line !== ""),
      });
    },

    async ofRollingRelease(error, projectId, subject, signal) {
      const billing = isAboutAct(error)
        ? await client.rollingRelease.billing(projectId, signal).catch(() => undefined)
        : undefined;
      if (billing?.reason !== "plan_not_supported" && billing?.reason !== "no_available_slots") {
        return toProblem(error, subject, options);
      }
      return planExhausted({
        platform: titleOf(options.name),
        api: options.api,
        asked: subject.asked,
        act: true,
        status: error.status,
        code: billing.reason,
        message: billing.message,
      });
    },
  };
}
