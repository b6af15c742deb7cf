import { defineCommand } from "../command.js";

export const check = defineCommand({
  name: "check",
  summary: "Run the preflight checks alone",
  examples: ["atoms check", "atoms check --platform vercel --json"],
  more: "The same checks as at the start of a release: working tree, tests, variables where the service will run, platform, a way back. Touches nothing.",
  async run(invocation) {
    const control = await import("@atoms/control-plane");
    const { refOf, withSession } = await import("../session.js");
    const { endOfChecks, showFindings } = await import("../views/findings.js");
    const { terminal } = invocation;
    const stop = stopOnCtrlC();
    try {
      return await withSession(invocation, "read", async (ask, session) => {
        const ref = refOf(invocation, session);
        const plane =
          session.plane ??
          (await control.openControlPlane({ places: session.places, env: invocation.env, kind: "command" }));
        const open = await plane.open(ref);
        for (const one of open.notConfigured) terminal.note(`${terminal.paint.yellow("!")} ${one.message}`);
        const shown = showFindings(terminal);
        const checked = await control.checkPreflight(
          plane,
          open,
          () => ask(control.listProven, { ...ref, limit: 20 }),
          shown,
          stop.signal,
        );
        return endOfChecks(terminal, checked);
      });
    } finally {
      stop.done();
    }
  },
});

/** A signal that fires on Ctrl-C, for work that changes nothing and can simply end. */
export function stopOnCtrlC(): { signal: AbortSignal; done(): void } {
  const controller = new AbortController();
  const onSignal = () => controller.abort(new Error("stopped by Ctrl-C"));
  process.once("SIGINT", onSignal);
  return { signal: controller.signal, done: () => void process.off("SIGINT", onSignal) };
}
