import { defineCommand } from "../command.js";

export const ledger = defineCommand({
  name: "ledger",
  summary: "Read the record of everything that happened, or check that nobody changed it",
  options: [
    { flags: "--verify", summary: "recompute the hash chain instead of reading" },
    { flags: "--release <id>", summary: "only what belongs to a release" },
    { flags: "--kind <kind>", summary: "only events of a kind, e.g. traffic.shifted" },
    { flags: "--limit <n>", summary: "how many of the newest entries", default: "50" },
  ],
  examples: ["atoms ledger", "atoms ledger --release rel_1jd0q… --json", "atoms ledger --verify"],
  async run(invocation) {
    const { readLedgerCall, verifyLedgerCall } = await import("@atoms/control-plane/ask");
    const { withSession } = await import("../session.js");
    const { wholeNumber } = await import("../options.js");
    const { entryText } = await import("../views/entry.js");
    const { terminal, options } = invocation;
    if (options["verify"] === true) {
      const check = await withSession(invocation, "read", (ask) => ask(verifyLedgerCall, {}));
      terminal.result(check);
      if (check.intact) {
        terminal.say(`The ledger is intact: ${check.entries} entries, head ${check.head.slice(0, 16)}.`);
        return "done";
      }
      terminal.say(
        terminal.paint.red(
          `The ledger is broken at entry ${check.brokenAt} of ${check.entries}: ${check.because}`,
        ),
      );
      terminal.say("Entries before it can be trusted. Keep the store as it is, and compare it with a copy.");
      return "failed";
    }
    const limit = wholeNumber(options["limit"], "--limit", 1, 10_000);
    const { release, kind } = options;
    const entries = await withSession(invocation, "read", (ask) =>
      ask(readLedgerCall, {
        limit,
        ...(typeof release === "string" ? { release } : {}),
        ...(typeof kind === "string" ? { kind } : {}),
      }),
    );
    terminal.result(entries);
    if (terminal.json) return "done";
    if (entries.length === 0) terminal.say("The ledger has no such entry.");
    for (const entry of entries) terminal.say(entryText(entry, terminal.paint));
    return "done";
  },
});
