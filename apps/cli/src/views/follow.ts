import { type Ask, follow } from "@atoms/control-plane";
import type { Release } from "@atoms/playbook";
import type { Terminal } from "../terminal/terminal.js";
import { emptyView, phaseText, type ReleaseView, releaseText, withEntry } from "./release.js";

/** Asked at each round whether to go on looking; "detach" leaves the release running and ends the view. */
export type GoOn = () => "go on" | "detach";

/**
 * Shows a release until it has ended. On a terminal the view redraws itself; elsewhere each phase is a line when it
 * is over; with `--json` each ledger entry is a line of JSON.
 * @returns The release as it was last seen; still running when the caller detached.
 */
export async function showRelease(
  ask: Ask,
  release: Release,
  terminal: Terminal,
  goOn: GoOn = () => "go on",
): Promise<Release> {
  let view: ReleaseView = emptyView;
  let seen = release;
  let after = 0;
  let printed = 0;
  const drawer = terminal.live
    ? await liveDrawer(terminal, () => releaseText(view, seen, Date.now(), terminal.paint))
    : undefined;
  if (drawer === undefined && !terminal.json) {
    terminal.say(
      `${release.service} ${release.version} to ${release.environment} on ${release.platform} (${release.id})`,
    );
  }
  try {
    for (;;) {
      if (goOn() === "detach") return seen;
      const doing = seen.activity?.doing;
      const news = await ask(follow, {
        release: release.id,
        after,
        waitMs: 1_000,
        ...(doing === undefined ? {} : { doing }),
      });
      seen = news.release;
      for (const entry of news.events) {
        view = withEntry(view, entry);
        after = entry.seq;
        terminal.result(entry);
      }
      drawer?.draw();
      if (drawer === undefined && !terminal.json) {
        const over = view.phases.filter(
          (p, i) => p.state === "done" || i < view.phases.length - 1 || seen.state !== "running",
        );
        for (const phase of over.slice(printed))
          terminal.say(phaseText(phase, seen, Date.now(), terminal.paint));
        printed = over.length;
      }
      if (seen.state !== "running" && news.events.length < 500) return seen;
    }
  } finally {
    drawer?.done();
  }
}

/** Redraws a text in place, ten times a second, so that its clocks run between two answers. */
async function liveDrawer(terminal: Terminal, text: () => string): Promise<{ draw(): void; done(): void }> {
  const { createLogUpdate } = await import("log-update");
  const update = createLogUpdate(process.stderr, { showCursor: true });
  const draw = () => update(text());
  const timer = setInterval(draw, 100);
  terminal.drawing((print) => {
    update.clear();
    print();
    draw();
  });
  return {
    draw,
    done: () => {
      clearInterval(timer);
      terminal.drawing(undefined);
      draw();
      update.done();
    },
  };
}
