import { defineCommand, type Invocation } from "../command.js";

const acts = ["list", "show", "run", "watch", "ping"] as const;

export const monitor = defineCommand({
  name: "monitor",
  summary: "See how the service is: what its monitors see, and how they stand",
  args: ["[act]", "[name]"],
  options: [
    { flags: "--looks <n>", summary: "with show: how many of the newest looks", default: "20" },
    {
      flags: "--every <seconds>",
      summary: "with watch: seconds between two looks at the list",
      default: "2",
    },
    { flags: "--failed", summary: "with ping: the job has failed; that is down at once" },
    { flags: "--message <text>", summary: "with ping: what the job has to say, up to 500 characters" },
  ],
  examples: [
    "atoms monitor",
    "atoms monitor show health",
    "atoms monitor run",
    "atoms monitor run mcp --json | jq '.[0].values'",
    "atoms monitor watch",
    "./backup.sh && atoms monitor ping backup || atoms monitor ping backup --failed",
  ],
  more: "`list` (or nothing) says how every monitor stands, `show` tells all of one, `run` looks once, now, with one or all and keeps nothing, `watch` goes on listing until Ctrl-C, `ping` gives a monitor of kind heartbeat its sign of life; `show` tells the address that does the same over HTTP. A running control plane (`atoms up`) looks at the times of the playbook. `run` ends with 1 when something is down, with 5 when there is nothing to look at yet.",
  async run(invocation) {
    const { oneOf, optionMistaken, wholeNumber } = await import("../options.js");
    const { withSession } = await import("../session.js");
    const [given = "list", name] = invocation.args;
    const act = oneOf(given, "The act", acts);
    const looks = wholeNumber(invocation.options["looks"], "--looks", 1, 1_000);
    const every = wholeNumber(invocation.options["every"], "--every", 1, 3_600);
    if ((act === "show" || act === "ping") && name === undefined)
      throw optionMistaken({ option: `atoms monitor ${act}`, given: "", wanted: "the name of a monitor" });
    const message = invocation.options["message"];
    const failed = invocation.options["failed"] === true;
    if (act !== "ping" && (failed || message !== undefined))
      throw optionMistaken({
        option: failed ? "--failed" : "--message",
        given: act,
        wanted: "the act ping",
      });
    if ((act === "list" || act === "watch") && name !== undefined)
      throw optionMistaken({ option: `atoms monitor ${act}`, given: name, wanted: "no name" });
    return withSession(invocation, "read", async (ask, session) => {
      const { beatMonitor, heartbeatAddress, listMonitors, lookNow, showMonitor } = await import(
        "@atoms/control-plane"
      );
      const { isProblem } = await import("@atoms/playbook/problem");
      const { refOf } = await import("../session.js");
      const views = await import("../views/monitors.js");
      const { terminal } = invocation;
      const ref = refOf(invocation, session);
      /** Where the signs of life go; whoever may only look is not told. */
      const addressOf = (monitor: string): Promise<{ address?: string }> =>
        ask(heartbeatAddress, { ...ref, monitor }).catch((error: unknown) => {
          if (isProblem(error) && error.code === "ATM-940") return {};
          throw error;
        });
      switch (act) {
        case "list": {
          const found = await ask(listMonitors, ref);
          terminal.result(found);
          if (!terminal.json) terminal.say(views.monitorsText(found, Date.now(), terminal.paint));
          return "done";
        }
        case "show": {
          const shown = await ask(showMonitor, { ...ref, monitor: name ?? "", looks });
          const found =
            shown.heartbeat === undefined
              ? shown
              : { ...shown, heartbeat: { ...shown.heartbeat, ...(await addressOf(shown.name)) } };
          terminal.result(found);
          if (!terminal.json) terminal.say(views.monitorText(found, Date.now(), terminal.paint));
          return "done";
        }
        case "run": {
          terminal.note("Looking…");
          const found = await ask(lookNow, { ...ref, ...(name === undefined ? {} : { monitor: name }) });
          terminal.result(found);
          if (!terminal.json) terminal.say(views.looksText(found, terminal.paint));
          if (found.some(({ outcome }) => outcome === "down")) return "failed";
          return found.every(({ outcome }) => outcome === "nothing") && found.length > 0
            ? "inconclusive"
            : "done";
        }
        case "ping": {
          const found = await ask(beatMonitor, {
            ...ref,
            monitor: name ?? "",
            failed,
            ...(typeof message === "string" ? { message } : {}),
          });
          terminal.result(found);
          if (!terminal.json)
            terminal.say(
              found.ok ? `${found.monitor} is alive.` : `${found.monitor} has failed; that is kept.`,
            );
          return "done";
        }
        case "watch":
          await untilCtrlC(every * 1_000, async () => {
            const found = await ask(listMonitors, ref);
            terminal.result(found);
            if (!terminal.json) show(invocation, views.monitorsText(found, Date.now(), terminal.paint));
          });
          return "done";
      }
    });
  },
});

/** On a terminal the list stays in one place; elsewhere one follows the other. */
function show({ terminal }: Invocation, text: string): void {
  terminal.say(terminal.live ? `\u001b[2J\u001b[H${text}` : `${text}\n`);
}

async function untilCtrlC(everyMs: number, work: () => Promise<void>): Promise<void> {
  const { stopOnCtrlC } = await import("./check.js");
  const { setTimeout: sleep } = await import("node:timers/promises");
  const stop = stopOnCtrlC();
  try {
    while (!stop.signal.aborted) {
      await work();
      await sleep(everyMs, undefined, { signal: stop.signal }).catch(() => undefined);
    }
  } finally {
    stop.done();
  }
}
