import type { Problem } from "@atoms/playbook";
import {
  type Asked,
  deploymentNotFound,
  notUnderstood,
  outcomeUnknown,
  planExhausted,
  platformFailed,
  projectUnavailable,
  rateLimited,
  requestRefused,
  tokenRefused,
  tooSlow,
  unreachable,
} from "../problems.js";
import { isAbsent, VercelError } from "../vercel-error.js";
import { titleOf, type VercelPlatformOptions } from "./settings.js";

/** What a call was about, for the explanation of its failure. */
export interface Subject {
  /** As an infinitive: "promote dpl_1". */
  asked: string;
  /** Whether it was an act and not a read. */
  act?: boolean;
  /** The deployment it was about: a 404 means that this one is not there. */
  deployment?: string;
  /** Whether it was about the token itself, so that "forbidden" means the token. */
  identity?: boolean;
  /** For an act whose outcome is unknown: what was read back. */
  state?: string;
}

/** Turns failures of calls into problems that help. Anything else passes as it is. */
export type Explain = <T>(subject: Subject, work: () => Promise<T>) => Promise<T>;

export function explaining(options: VercelPlatformOptions): Explain {
  return async (subject, work) => {
    try {
      return await work();
    } catch (error) {
      throw error instanceof VercelError ? toProblem(error, subject, options) : error;
    }
  };
}

/** Says which problem a failed call is. */
export function toProblem(error: VercelError, subject: Subject, options: VercelPlatformOptions): Problem {
  const { status, code, message } = error;
  const asked: Asked = {
    platform: titleOf(options.name),
    api: options.api,
    asked: subject.asked,
    act: subject.act ?? false,
  };
  const refused = { ...asked, status, code, message };
  if (subject.state !== undefined) return outcomeUnknown({ ...asked, message, state: subject.state });
  if (code === "not_understood") return notUnderstood({ ...asked, message });
  if (code === "unreachable") return unreachable({ ...asked, message });
  if (code === "timed_out" || code === "cut") return tooSlow({ ...asked, message });
  if (error.tokenRefused || (status === 403 && subject.identity === true)) return tokenRefused(refused);
  if (status === 402 || isQuota(status, code)) return planExhausted(refused);
  if (status === 429) {
    const wait = error.retryAfterMs;
    return rateLimited({ ...refused, waitSeconds: wait === undefined ? undefined : wait / 1000 });
  }
  if (status >= 500) return platformFailed(refused);
  if (isAbsent(error) && subject.deployment !== undefined) {
    return deploymentNotFound({ ...asked, deployment: subject.deployment });
  }
  if (status === 403 || isAbsent(error)) {
    return projectUnavailable({ ...refused, project: options.project, team: options.team });
  }
  return requestRefused(refused);
}

/** Quotas of the plan come as 402, or as 403 and 429 with codes of their own, e.g. `api-deployments-free-per-day`. */
function isQuota(status: number, code: string): boolean {
  return (
    (status === 429 || status === 403) &&
    /per-(day|hour|week|month)|plan|payment|quota|resource.limit/i.test(code)
  );
}
