import type { followJob, OutputOf } from "@atoms/control-plane";
import type { ProblemData } from "@atoms/playbook";
import { useEffect, useState } from "preact/hooks";
import { ask, problemOf } from "../api/ask.js";
import { calls } from "../api/calls.js";
import { Badge } from "./badge.js";
import { ProblemNote } from "./problem-note.js";
import { Scroll } from "./scroll.js";

type News = OutputOf<typeof followJob>;

/** How long one question waits for news, in milliseconds. */
const waitMs = 10_000;

/** Long work of the control plane, as it goes. */
export function JobView({ job, ended }: { job: string; ended(): void }) {
  const [news, setNews] = useState<News>();
  const [lines, setLines] = useState<string[]>([]);
  const [problem, setProblem] = useState<ProblemData>();
  useEffect(() => {
    const gone = new AbortController();
    const follow = async () => {
      let after = 0;
      for (;;) {
        const more = await ask(calls.followJob, { job, after, waitMs }, gone.signal);
        after = more.lines.at(-1)?.at ?? after;
        setNews(more);
        setLines((before) => [...before, ...more.lines.map(({ text }) => text)]);
        if (more.state !== "running") return ended();
      }
    };
    follow().catch((error: unknown) => {
      if (!gone.signal.aborted) setProblem(problemOf(error));
    });
    return () => gone.abort();
  }, [job]);
  const failed = problem ?? news?.problem;
  return (
    <section class="doing" aria-live="polite">
      <p>
        {news === undefined ? (
          "Beginning…"
        ) : (
          <Badge tone={news.state === "running" ? "busy" : news.state === "done" ? "good" : "bad"}>
            {news.what}: {news.state}
          </Badge>
        )}
      </p>
      {lines.length > 0 && (
        <Scroll name="What it says">
          <pre>{lines.join("\n")}</pre>
        </Scroll>
      )}
      {failed !== undefined && <ProblemNote problem={failed} />}
    </section>
  );
}
