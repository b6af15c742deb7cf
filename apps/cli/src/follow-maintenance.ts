import { type Ask, endMaintenance, followMaintenance, type Session } from "@atoms/control-plane";
import { type Ending, isMaintenanceOpen, type Maintenance } from "@atoms/playbook";
import type { Invocation } from "./command.js";
import { lineDrawer } from "./follow-job.js";
import { refOf } from "./session.js";
import { maintenanceEndText, maintenanceEntryText } from "./views/maintenance.js";

/** Without a terminal to redraw on, a line of progress comes so often, in milliseconds. */
const lineEveryMs = 5_000;

/**
 * Shows a maintenance until it is over. Where a control plane runs in the background it does not wait for what only a person
 * or time ends. The first Ctrl-C asks it to end, the second detaches: it is durable, and goes on with the next command.
 * @param asked What the command was asked for: a held maintenance is the end of `start`, not of `end`.
 */
export async function followMaintenanceToTheEnd(
  invocation: Invocation,
  ask: Ask,
  session: Session,
  begun: Maintenance,
  asked: "start" | "end",
): Promise<Ending> {
  const { terminal } = invocation;
  const ref = refOf(invocation, session);
  const goesOn = ask.from === "control plane";
  const interrupts = watchInterrupts(() => {
    terminal.note("Asking it to end; Ctrl-C again detaches.");
    return ask(endMaintenance, ref);
  });
  const drawer = terminal.live ? lineDrawer(invocation) : undefined;
  let seen = begun;
  let after = 0;
  let doing: string | undefined;
  let told = Date.now();
  let hinted = false;
  const finish = (ending: Ending, hint?: string): Ending => {
    drawer?.done();
    terminal.result({ maintenance: seen });
    if (!terminal.json) terminal.say(maintenanceEndText(seen, terminal.paint));
    if (hint !== undefined) terminal.note(hint);
    return ending;
  };
  try {
    for (;;) {
      const news = await ask(followMaintenance, {
        ...ref,
        maintenance: begun.id,
        after,
        waitMs: 1_000,
        ...(doing === undefined ? {} : { doing }),
      });
      if (news !== null) {
        seen = news.maintenance;
        doing = news.doing;
        for (const entry of news.events) {
          after = entry.seq;
          // Whoever ends it has not asked how it began.
          if (asked === "end" && entry.at < (begun.endAsked?.at ?? 0)) continue;
          terminal.result(entry);
          const line = maintenanceEntryText(entry, seen, terminal.paint);
          if (line !== "" && !terminal.json) terminal.note(line);
        }
      }
      if (!isMaintenanceOpen(seen))
        return finish(seen.state === "done" ? "done" : (seen.problem?.ending ?? "failed"));
      const waits = waitsForSomebody(seen);
      if (interrupts.presses() > 1) return finish("done", `Detached. ${detachedText(goesOn, seen)}`);
      if (goesOn && waits && asked === "start") return finish("done", detachedText(goesOn, seen));
      if (goesOn && seen.state === "kept closed") return finish("failed", detachedText(goesOn, seen));
      if (waits && !hinted && !terminal.json) {
        hinted = true;
        terminal.note(
          "Closed until `atoms maintenance end` in another terminal, or Ctrl-C here. Leave this running: it lifts it in time.",
        );
      }
      const text = doing ?? stateLine(seen);
      if (drawer !== undefined) drawer.draw(text);
      else if (doing !== undefined && Date.now() - told >= lineEveryMs && !terminal.json) {
        told = Date.now();
        terminal.note(doing);
      }
    }
  } finally {
    drawer?.done();
    interrupts.done();
  }
}

/**
 * Shows a maintenance until the door is proven closed, and leaves it there: what follows is for whoever mends the service.
 * @returns failed when the door could not be closed.
 */
export async function followUntilClosed(
  invocation: Invocation,
  ask: Ask,
  session: Session,
  begun: Maintenance,
): Promise<Ending> {
  const { terminal } = invocation;
  const ref = refOf(invocation, session);
  let seen = begun;
  let after = 0;
  while (seen.state === "closing") {
    const news = await ask(followMaintenance, { ...ref, maintenance: begun.id, after, waitMs: 1_000 });
    if (news === null) break;
    seen = news.maintenance;
    for (const entry of news.events) {
      after = entry.seq;
      terminal.result(entry);
      const line = maintenanceEntryText(entry, seen, terminal.paint);
      if (line !== "" && !terminal.json) terminal.note(line);
    }
  }
  terminal.result({ maintenance: seen });
  if (seen.state !== "closed") {
    if (!terminal.json) terminal.say(maintenanceEndText(seen, terminal.paint));
    return "failed";
  }
  terminal.note(detachedText(ask.from === "control plane", seen));
  return "done";
}

/** Nothing is done any more until somebody ends it, or its time does. */
const waitsForSomebody = ({ state, hold, tasks, done, endAsked }: Maintenance): boolean =>
  state === "closed" &&
  endAsked === undefined &&
  (hold || tasks.length === 0) &&
  done.length === tasks.length &&
  done.every(({ outcome }) => outcome === "done");

const stateLine = ({ state, until }: Maintenance): string => {
  const left = Math.max(0, Math.round((until - Date.now()) / 1_000));
  return state === "closed" ? `closed; lifted in ${left} s at the latest` : state;
};

function detachedText(goesOn: boolean, { id, until, state }: Maintenance): string {
  const lifted = `${new Date(until).toISOString().slice(11, 16)} UTC`;
  if (state === "kept closed")
    return `${id} is tried again and again in the control plane; \`atoms maintenance list\` shows it.`;
  return goesOn
    ? `\`atoms maintenance end\` ends ${id}; the control plane lifts it at ${lifted} at the latest.`
    : `Nobody works on ${id} until the next command; \`atoms maintenance end\` ends it, \`atoms up\` lets a control plane lift it at ${lifted}.`;
}

/** Takes Ctrl-C over: the first one asks for the end. */
function watchInterrupts(onFirst: () => Promise<unknown>) {
  let presses = 0;
  const onSignal = () => {
    presses++;
    if (presses === 1) void onFirst().catch(() => undefined);
  };
  process.on("SIGINT", onSignal);
  process.on("SIGTERM", onSignal);
  return {
    presses: () => presses,
    done() {
      process.off("SIGINT", onSignal);
      process.off("SIGTERM", onSignal);
    },
  };
}
