import type { Session } from "@atoms/control-plane";
import type { DataComparison, Ending, Release } from "@atoms/playbook";
import type { Invocation } from "../command.js";

type Ask = Session["ask"];

/** What was asked for, as the verbs take it. @throws ATM-921 for an option that was not understood. */
async function asked(invocation: Invocation) {
  const { gathered, momentOf, oneOf, optionMistaken } = await import("../options.js");
  const { options } = invocation;
  const { backup, since, until, where, only } = options;
  const [database, more] = gathered(options["database"]);
  if (more !== undefined)
    throw optionMistaken({
      option: "--database",
      given: more,
      wanted: "one database; rows of another one are taken back after it",
    });
  const now = Date.now();
  return {
    tables: gathered(options["table"]),
    rows: gathered(options["row"]),
    keys: gathered(options["key"]),
    only: oneOf(typeof only === "string" ? only : "both", "--only", ["missing", "changed", "both"]),
    ...(database === undefined ? {} : { database }),
    ...(typeof backup === "string" ? { backup } : {}),
    ...(since === undefined ? {} : { since: momentOf(since, "--since", now) }),
    ...(until === undefined ? {} : { until: momentOf(until, "--until", now) }),
    ...(typeof where === "string" ? { where } : {}),
  };
}

type Asked = Awaited<ReturnType<typeof asked>>;

async function compare(
  invocation: Invocation,
  ask: Ask,
  session: Session,
  input: Asked,
): Promise<DataComparison> {
  const { compareWithBackup } = await import("@atoms/control-plane");
  const { refOf } = await import("../session.js");
  const { followJobToTheEnd } = await import("../follow-job.js");
  const { job } = await ask(compareWithBackup, { ...refOf(invocation, session), ...input });
  return followJobToTheEnd<DataComparison>(invocation, ask, job);
}

/** Compares with a backup, and changes nothing. */
export async function planData(invocation: Invocation): Promise<Ending> {
  const { withSession } = await import("../session.js");
  const { comparisonText } = await import("../views/recovery-data.js");
  const { terminal } = invocation;
  const input = await asked(invocation);
  const found = await withSession(invocation, "act", (ask, session) =>
    compare(invocation, ask, session, input),
  );
  terminal.result(found);
  if (!terminal.json) terminal.say(comparisonText(found, terminal.paint));
  return "done";
}

/**
 * Takes rows back. Without a word given, it compares first, shows what differs, and asks.
 * @param follow Shows a recovery to its end.
 */
export async function takeDataBack(
  invocation: Invocation,
  follow: (ask: Ask, session: Session, release: Release) => Promise<Ending>,
): Promise<Ending> {
  const { recoverData } = await import("@atoms/control-plane");
  const { choiceMistaken } = await import("@atoms/playbook");
  const { refOf, withSession } = await import("../session.js");
  const { askForWord } = await import("../terminal/ask.js");
  const { comparisonText } = await import("../views/recovery-data.js");
  const { terminal, options } = invocation;
  const input = await asked(invocation);
  const whole = options["whole"] === true;
  if (!whole && input.tables.length === 0)
    throw choiceMistaken({ because: "Neither a table nor the whole database was named" });
  const { confirm } = options;
  return withSession(invocation, "act", async (ask, session) => {
    let word = typeof confirm === "string" ? confirm : undefined;
    let { backup } = input;
    if (word === undefined && invocation.yes) word = "data_corruption";
    if (word === undefined && terminal.canAsk) {
      const found = await compare(invocation, ask, session, input);
      terminal.say(comparisonText(found, terminal.paint));
      // What is acted on is what was shown.
      backup = found.backup.id;
    }
    word ??= await askForWord(
      terminal,
      whole
        ? "The whole database is replaced by the backup; the one that is there now is kept under another name, and its connections are cut."
        : "Rows that are gone or other are written as the backup has them; a backup of the database as it is now is taken first.",
      "data_corruption",
    );
    const release = await ask(recoverData, {
      ...refOf(invocation, session),
      ...input,
      ...(backup === undefined ? {} : { backup }),
      whole,
      confirm: word,
    });
    return follow(ask, session, release);
  });
}
