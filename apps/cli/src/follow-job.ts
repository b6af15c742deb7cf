import { type Ask, followJob, type JobNews, stopJob } from "@atoms/control-plane";
import { Problem, type Progress } from "@atoms/playbook";
import type { Invocation } from "./command.js";
import { openBlock } from "./terminal/block.js";
import { bytesText } from "./views/words.js";

const pollMs = 500;
/** Without a terminal to redraw on, a line of progress comes so often. */
const lineEveryMs = 5_000;

/**
 * Shows long work until it has ended. Ctrl-C ends it safely; what was half done is taken away by itself.
 * @returns what it answered. @throws the problem it ended with.
 */
export async function followJobToTheEnd<T>(invocation: Invocation, ask: Ask, job: string): Promise<T> {
  const { terminal } = invocation;
  let pressed = false;
  const onSignal = () => {
    pressed = true;
    void ask(stopJob, { job }).catch(() => undefined);
  };
  process.on("SIGINT", onSignal);
  process.on("SIGTERM", onSignal);
  const drawer = terminal.live ? lineDrawer(invocation) : undefined;
  let after = 0;
  let told = Date.now();
  let last = "";
  try {
    for (;;) {
      const news: JobNews = await ask(followJob, { job, after, waitMs: pollMs });
      for (const { at, text } of news.lines) {
        after = at;
        terminal.note(text);
      }
      if (news.progress !== undefined) {
        const text = `${pressed ? "stopping: " : ""}${progressText(news.progress)}`;
        if (drawer !== undefined) drawer.draw(text);
        else if (Date.now() - told >= lineEveryMs && text !== last) {
          told = Date.now();
          last = text;
          terminal.note(text);
        }
      }
      if (news.state === "running") continue;
      if (news.problem !== undefined) throw Problem.from(news.problem);
      return news.result as T;
    }
  } finally {
    drawer?.done();
    process.off("SIGINT", onSignal);
    process.off("SIGTERM", onSignal);
  }
}

function progressText({ doing, bytes, of }: Progress): string {
  if (bytes === undefined) return doing;
  if (of === undefined || of === 0) return `${doing}: ${bytesText(bytes)}`;
  return `${doing}: ${bytesText(bytes)} of ${bytesText(of)}, ${Math.min(100, Math.floor((100 * bytes) / of))} %`;
}

/** A line that is drawn anew in place, on standard error. */
export function lineDrawer({ terminal }: Invocation): { draw(text: string): void; done(): void } {
  const block = openBlock(process.stderr);
  let text = "";
  terminal.drawing((print) => {
    block.clear();
    print();
    block.draw(text);
  });
  return {
    draw(now) {
      text = now;
      block.draw(text);
    },
    done() {
      terminal.drawing(undefined);
      block.clear();
    },
  };
}
