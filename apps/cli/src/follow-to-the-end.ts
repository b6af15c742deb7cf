import { type Ask, abortCall, type Session } from "@atoms/control-plane/ask";
import type { Release } from "@atoms/playbook";
import type { Invocation } from "./command.js";
import { refOf } from "./session.js";
import { watchInterrupts } from "./terminal/interrupts.js";
import { showRelease } from "./views/follow.js";
import { releaseEndText } from "./views/report.js";

/**
 * Shows a release until it has ended, and says how it did. The first Ctrl-C asks whether to abort safely or to detach;
 * the second detaches at once: the release is durable and goes on with the next command, or where it runs.
 */
export async function followToTheEnd(
  invocation: Invocation,
  ask: Ask,
  session: Session,
  release: Release,
): Promise<Release> {
  const { terminal } = invocation;
  const interrupts = watchInterrupts();
  let seen = release;
  try {
    for (;;) {
      seen = await showRelease(ask, release, terminal, () => (interrupts.pending() ? "detach" : "go on"));
      if (seen.state !== "running") break;
      const wish = await interrupts.ask(terminal, seen.split > 0 || seen.strategy === "group");
      if (wish === "abort")
        await ask(abortCall, { ...refOf(invocation, session), release: release.id, because: "Ctrl-C" });
      if (wish === "detach") {
        terminal.note(detachedText(ask, seen));
        return seen;
      }
    }
  } finally {
    interrupts.done();
  }
  terminal.result({ kind: "release", release: seen });
  if (!terminal.json) terminal.say(releaseEndText(seen, terminal.paint));
  return seen;
}

function detachedText(ask: Ask, release: Release): string {
  if (ask.from === "control plane")
    return `Detached. ${release.id} goes on in the control plane; \`atoms status\` shows it, \`atoms abort ${release.id}\` ends it.`;
  const [goesOn, ends] =
    release.strategy === "group"
      ? ["atoms deploy --group <file> --resume", `atoms abort ${release.id}`]
      : [release.strategy === "recovery" ? "atoms recover --resume" : "atoms deploy --resume", "atoms abort"];
  return `Detached. ${release.id} is kept at ${release.phase} and goes on with \`${goesOn}\`; \`${ends}\` ends it safely.`;
}
