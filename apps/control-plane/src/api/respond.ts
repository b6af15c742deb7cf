import type { Problem } from "@atoms/playbook";
import type { Context } from "hono";
import {
  foreignPage,
  linkRefused,
  pathNotYours,
  requestTooLarge,
  roleLacking,
  tooManyRequests,
  tooManyStreams,
} from "../problems.js";

/** Statuses of the API by how a problem ends a command. */
const statusOf = {
  usage: 400,
  refused: 409,
  failed: 500,
  "rolled back": 500,
  inconclusive: 500,
  done: 200,
} as const;

/** Problems of the API itself, which have statuses of their own. */
const ownStatus: Readonly<Record<string, 401 | 403 | 413 | 429 | 503>> = {
  [roleLacking.code]: 403,
  [linkRefused.code]: 403,
  [pathNotYours.code]: 403,
  [foreignPage.code]: 403,
  [requestTooLarge.code]: 413,
  [tooManyRequests.code]: 429,
  [tooManyStreams.code]: 503,
};

/** Answers with a problem, under the status that fits it. */
export const problemAnswer = (c: Context, problem: Problem, status?: 400 | 401 | 403 | 404 | 500): Response =>
  c.json(problem.toJSON(), status ?? ownStatus[problem.code] ?? statusOf[problem.ending]);
