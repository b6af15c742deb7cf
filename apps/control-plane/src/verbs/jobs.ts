import { z } from "zod";
import { cancelJob, type JobNews, jobNews } from "../jobs.js";
import { defineVerb } from "./verb.js";

/** Tells how long work goes; asked again and again it is a live view. */
export const followJob = defineVerb({
  name: "follow job",
  method: "GET",
  role: "viewer",
  path: "/jobs/follow",
  summary: "Wait for news of long work",
  input: z.strictObject({
    job: z.string().min(1),
    after: z.int().min(0).default(0).describe("Only lines after this one."),
    waitMs: z.int().min(0).max(20_000).default(1_000),
  }),
  run: (plane, input): Promise<JobNews> => jobNews(plane, input.job, input.after, input.waitMs),
});

/** Ends long work safely. */
export const stopJob = defineVerb({
  name: "stop job",
  method: "POST",
  role: "operator",
  path: "/jobs/stop",
  summary: "End long work safely",
  input: z.strictObject({ job: z.string().min(1) }),
  async run(plane, input): Promise<null> {
    cancelJob(plane, input.job);
    return null;
  },
});
