import { randomBytes } from "node:crypto";
import { isProblem, type Json, type ProblemData, type Progress } from "@atoms/playbook";
import type { ControlPlane } from "./control-plane.js";
import { internalFailure, jobCancelled, noSuchJob } from "./problems.js";

/** A long piece of work in this process, as whoever waits for it sees it. */
export type JobNews = {
  job: string;
  /** What is being done, in a few words. */
  what: string;
  state: "running" | "done" | "failed";
  /** Lines that were said since the caller last asked; `at` counts from 1. */
  lines: { at: number; text: string }[];
  /** How far it is. */
  progress?: Progress;
  result?: Json;
  problem?: ProblemData;
};

/** What the work can say and hear. */
export type JobPort = {
  /** A line that stays. */
  say(text: string): void;
  progress(progress: Progress): void;
  /** Fires when somebody cancels it, or the control plane closes. */
  signal: AbortSignal;
};

type Job = {
  what: string;
  state: JobNews["state"];
  lines: string[];
  progress?: Progress;
  result?: Json;
  problem?: ProblemData;
  stop: AbortController;
  /** Resolved, and made anew, when there is news. */
  news: { promise: Promise<void>; tell: () => void };
};

const jobsOf = new WeakMap<ControlPlane, Map<string, Job>>();
const mostKept = 50;

function news(): Job["news"] {
  let tell = () => {};
  const promise = new Promise<void>((resolve) => {
    tell = resolve;
  });
  return { promise, tell };
}

/**
 * Starts work that takes longer than one answer. It belongs to this process: when that ends, the work is cut short, and has
 * to be of a kind that may be begun again.
 * @returns its id, for `jobNews`.
 */
export function startJob(plane: ControlPlane, what: string, work: (job: JobPort) => Promise<Json>): string {
  const jobs = jobsOf.get(plane) ?? new Map<string, Job>();
  jobsOf.set(plane, jobs);
  const id = `job_${randomBytes(6).toString("hex")}`;
  const job: Job = { what, state: "running", lines: [], stop: new AbortController(), news: news() };
  jobs.set(id, job);
  const over = [...jobs].filter(([, one]) => one.state !== "running");
  for (const [old] of over.slice(0, Math.max(0, over.length - mostKept))) jobs.delete(old);
  const tell = () => {
    const told = job.news;
    job.news = news();
    told.tell();
  };
  const port: JobPort = {
    say(text) {
      job.lines.push(text);
      tell();
    },
    // Often, so nobody is woken for it.
    progress(progress) {
      job.progress = progress;
    },
    signal: AbortSignal.any([job.stop.signal, plane.leaving]),
  };
  void work(port)
    .then(
      (result) => {
        job.result = result;
        job.state = "done";
      },
      (error: unknown) => {
        job.state = "failed";
        if (isProblem(error)) job.problem = error.toJSON();
        else if (port.signal.aborted) job.problem = jobCancelled({ what }).toJSON();
        else {
          plane.reportBug(what, error);
          job.problem = internalFailure({ what }).toJSON();
        }
      },
    )
    .finally(tell);
  return id;
}

/** What is new of a job: answers when there is a line after `after`, when it has ended, or after `waitMs`. @throws ATM-249. */
export async function jobNews(
  plane: ControlPlane,
  id: string,
  after: number,
  waitMs: number,
): Promise<JobNews> {
  const job = jobsOf.get(plane)?.get(id);
  if (job === undefined) throw noSuchJob({ job: id });
  if (job.state === "running" && job.lines.length <= after)
    await Promise.race([job.news.promise, plane.clock.sleep(waitMs)]);
  const { what, state, lines, progress, result, problem } = job;
  return {
    job: id,
    what,
    state,
    lines: lines.slice(after).map((text, i) => ({ at: after + i + 1, text })),
    ...(progress === undefined || state !== "running" ? {} : { progress }),
    ...(result === undefined ? {} : { result }),
    ...(problem === undefined ? {} : { problem }),
  };
}

/** Tells a job to stop; it ends in a safe state by itself. @throws ATM-249. */
export function cancelJob(plane: ControlPlane, id: string): void {
  const job = jobsOf.get(plane)?.get(id);
  if (job === undefined) throw noSuchJob({ job: id });
  job.stop.abort(new Error("cancelled"));
}
