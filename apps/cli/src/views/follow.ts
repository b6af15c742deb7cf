import { type Ask, followCall } from "@atoms/control-plane/ask";
import type { LedgerEntry, Release } from "@atoms/playbook";
import { followJudgements, followRelease, isNews, newsOf, type ReleaseNow } from "@atoms/playbook/report";
import { openBlock } from "../terminal/block.js";
import type { Terminal } from "../terminal/terminal.js";
import { waitsLines } from "./now.js";
import { emptyView, phaseText, type ReleaseView, releaseText, withEntry } from "./release.js";
import { when } from "./words.js";

/** Asked at each round whether to go on looking; "detach" leaves the release running and ends the view. */
export type GoOn = () => "go on" | "detach";

/** One way of showing a release: told of all that is new, in order. */
interface Shown {
  take(entry: LedgerEntry): void;
  /** All entries of an answer were taken, and this is the release. */
  look(release: Release): void;
  done(): void;
}

/** What is asked for at once. */
const many = 500;

/**
 * Shows a release until it has ended. On a terminal the view is drawn again in place; elsewhere each change is a line when
 * it happens, and each phase when it is over; with `--json` each ledger entry is a line, and after those that change how it
 * stands a line of the kind "now".
 * @returns The release as it was last seen; still running when the caller detached.
 */
export async function showRelease(
  ask: Ask,
  release: Release,
  terminal: Terminal,
  goOn: GoOn = () => "go on",
): Promise<Release> {
  let seen = release;
  let after = 0;
  const shown = terminal.json
    ? asJson(terminal)
    : terminal.live
      ? inPlace(terminal, release)
      : asLines(terminal, release);
  try {
    for (;;) {
      if (goOn() === "detach") return seen;
      const doing = seen.activity?.doing;
      const news = await ask(followCall, {
        release: release.id,
        after,
        waitMs: 1_000,
        ...(doing === undefined ? {} : { doing }),
      });
      seen = news.release;
      for (const entry of news.events) {
        after = entry.seq;
        shown.take(entry);
      }
      // While there are more entries, what is known is not how it stands now.
      if (news.events.length >= many) continue;
      shown.look(seen);
      if (seen.state !== "running") return seen;
    }
  } finally {
    shown.done();
  }
}

/** The view, drawn in place ten times a second, so that its clocks run between two answers. */
function inPlace(terminal: Terminal, first: Release): Shown {
  const { stderr } = process;
  const block = openBlock(stderr);
  const followed = followRelease();
  let view: ReleaseView = emptyView;
  let release = first;
  const draw = () =>
    block.draw(
      releaseText({ view, now: followed.now(Date.now()), release }, terminal.paint, (stderr.rows ?? 24) - 1),
    );
  const timer = setInterval(draw, 100);
  stderr.on("resize", draw);
  terminal.drawing((print) => {
    block.clear();
    print();
    draw();
  });
  return {
    take(entry) {
      followed.take(entry);
      view = withEntry(view, entry);
    },
    look(now) {
      release = now;
      draw();
    },
    done() {
      clearInterval(timer);
      stderr.off("resize", draw);
      terminal.drawing(undefined);
      draw();
      block.done();
    },
  };
}

/** A line for each change, at the moment it is heard of; nothing is written twice. */
function asLines(terminal: Terminal, first: Release): Shown {
  const { paint } = terminal;
  const followed = followRelease();
  const judgements = followJudgements();
  let view: ReleaseView = emptyView;
  let printed = 0;
  let waited = "";
  terminal.say(
    `${first.service} ${first.version} to ${first.environment} on ${first.platform} (${first.id})`,
  );
  const news = (at: number, text: string) => terminal.say(`  ${paint.dim(when(at).slice(11, 19))} ${text}`);
  const phasesThatAreOver = (release: Release) => {
    const over = view.phases.filter(
      (p, i) => p.state === "done" || i < view.phases.length - 1 || release.state !== "running",
    );
    for (const phase of over.slice(printed)) terminal.say(phaseText(phase, release, Date.now(), paint));
    printed = over.length;
  };
  return {
    take(entry) {
      followed.take(entry);
      // What was told when it happened is not told again when its phase is over.
      if (!isNews(entry) || entry.kind === "phase.started") view = withEntry(view, entry);
      // It may have ended long ago; what has not been told yet is under way all the same.
      phasesThatAreOver({ ...first, state: "running" });
      if (isNews(entry)) news(entry.at, newsOf(entry));
      if (entry.kind === "analysis.observed")
        for (const text of judgements.look(followed.now(entry.at))) news(entry.at, text);
    },
    look(release) {
      phasesThatAreOver(release);
      const now = followed.now(Date.now());
      const waits = now.waitsFor.filter(({ for: what }) => what === "data");
      const said = waits.map(({ because }) => because.replace(/\d+/g, "n")).join();
      if (said !== waited && said !== "")
        news(now.at, waitsLines({ waitsFor: waits, at: now.at }, paint).join(" ").replace(/ +/g, " "));
      waited = said;
    },
    done: () => undefined,
  };
}

/** A line of JSON for each entry of the ledger, and one for how it stands when that has changed. Each has a `kind`. */
function asJson(terminal: Terminal): Shown {
  const followed = followRelease();
  let stale = false;
  return {
    take(entry) {
      followed.take(entry);
      terminal.result(entry);
      stale = true;
    },
    look(release) {
      if (!stale) return;
      stale = false;
      const now: ReleaseNow = followed.now(Date.now());
      // Of one that has ended, by its row or by its ledger, the caller tells the release itself, as its last word.
      if (release.state !== "running" || now.ended !== undefined) return;
      terminal.result({ kind: "now", release: release.id, ...now });
    },
    done: () => undefined,
  };
}
