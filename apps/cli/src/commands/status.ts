import { defineCommand, type Invocation } from "../command.js";

export const status = defineCommand({
  name: "status",
  summary: "Say what production serves, what is under way and what happened last",
  args: ["[release]"],
  options: [
    { flags: "--watch", summary: "go on showing the release until it has ended; Ctrl-C stops looking" },
  ],
  examples: [
    "atoms status",
    "atoms status --watch",
    "atoms status rel_1jd0q…",
    "atoms status rel_1jd0q… --watch --json",
    "atoms status --json | jq '.running.now.waitsFor'",
  ],
  more: [
    "With a release: its phases, where traffic is, of a canary each guardrail on both arms with its interval and evidence,",
    "how far off a verdict is, what it waits for and until when. --watch shows the running one when none is named: drawn in",
    "place on a terminal, elsewhere a line for each change. Looking changes nothing, and Ctrl-C ends the looking alone.",
    "With --json: one value, or with --watch a line for each ledger entry and, after it, one of the kind now.",
  ].join("\n"),
  async run(invocation) {
    const { terminal, options } = invocation;
    if (options["watch"] === true) return watchIt(invocation);
    if (invocation.args[0] !== undefined) return showIt(invocation, invocation.args[0]);
    const { statusCall } = await import("@atoms/control-plane/ask");
    const { refOf, withSession } = await import("../session.js");
    const { statusText } = await import("../views/status.js");
    const value = await withSession(invocation, "read", (ask, session) =>
      ask(statusCall, refOf(invocation, session)),
    );
    terminal.result(value);
    if (!terminal.json) terminal.say(statusText(value, Date.now(), terminal.paint));
    return "done";
  },
});

/** One release as it stands. @throws ATM-511 when none is called so. */
async function showIt(invocation: Invocation, release: string) {
  const { showReleaseNowCall } = await import("@atoms/control-plane/ask");
  const { refOf, withSession } = await import("../session.js");
  const { entriesOf } = await import("../release-entries.js");
  const { emptyView, releaseText, withEntry } = await import("../views/release.js");
  const { releaseEndText } = await import("../views/report.js");
  const { terminal } = invocation;
  await withSession(invocation, "read", async (ask, session) => {
    const standing = await ask(showReleaseNowCall, { ...refOf(invocation, session), release });
    if (terminal.json) return terminal.result({ kind: "now", ...standing });
    const view = (await entriesOf(ask, release)).reduce(withEntry, emptyView);
    terminal.say(releaseText({ view, ...standing }, terminal.paint));
    if (standing.release.state !== "running")
      terminal.say(`\n${releaseEndText(standing.release, terminal.paint)}`);
  });
  return "done" as const;
}

/** Shows a release until it has ended or Ctrl-C is pressed. @throws ATM-509 when none runs, ATM-511 when none is called so. */
async function watchIt(invocation: Invocation) {
  const { showReleaseNowCall } = await import("@atoms/control-plane/ask");
  const { refOf, withSession } = await import("../session.js");
  const { watchInterrupts } = await import("../terminal/interrupts.js");
  const { showRelease } = await import("../views/follow.js");
  const { releaseEndText } = await import("../views/report.js");
  const { endingOf } = await import("../views/state.js");
  const { terminal } = invocation;
  const [named] = invocation.args;
  const interrupts = watchInterrupts();
  try {
    return await withSession(invocation, "read", async (ask, session) => {
      const asked = { ...refOf(invocation, session), ...(named === undefined ? {} : { release: named }) };
      const { release } = await ask(showReleaseNowCall, asked);
      const seen = await showRelease(ask, release, terminal, () =>
        interrupts.pending() ? "detach" : "go on",
      );
      terminal.result({ kind: "release", release: seen });
      if (seen.state === "running") return "done";
      if (!terminal.json) terminal.say(releaseEndText(seen, terminal.paint));
      return endingOf(seen);
    });
  } finally {
    interrupts.done();
  }
}
