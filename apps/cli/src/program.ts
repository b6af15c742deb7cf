import { type Ending, exitCodes } from "@atoms/playbook/problem";
import { Command as Commander, CommanderError, Option as CommanderOption } from "commander";
import type { Command, Invocation } from "./command.js";
import { commands } from "./commands/index.js";
import { asProblem } from "./failure.js";
import { helpText } from "./help-text.js";
import { processTerminal } from "./terminal/terminal.js";
import { problemText } from "./views/problem.js";

/** Who and where this program is run by; handed in, so that tests need no process. */
export type Surroundings = {
  env: Readonly<Record<string, string | undefined>>;
  cwd: string;
  user: string;
  version: string;
};

/**
 * Runs one command line.
 * @param argv Words after the program's name.
 * @returns The exit code, from `exitCodes`.
 */
export async function runAtoms(argv: readonly string[], surroundings: Surroundings): Promise<number> {
  let ending: Ending = "done";
  const program = new Commander("atoms")
    .description("Release a service and be on call for it: check, deploy, watch, roll back, remember.")
    .version(surroundings.version, "-V, --version")
    .option("--playbook <file>", "playbook to use (default: playbook.yaml here or in a folder above)")
    .addOption(
      new CommanderOption("--platform <name>", "platform to use instead of the playbook's").choices([
        "local",
        "vercel",
      ]),
    )
    .option("--json", "print data for programs: JSON on standard output, all else on standard error")
    .option("-y, --yes", "do not ask; for automation")
    .option("--no-color", "no colours (also NO_COLOR)")
    .showSuggestionAfterError()
    .showHelpAfterError("Try `atoms --help`.")
    .exitOverride()
    .addHelpText("after", exitCodeHelp)
    .configureHelp({ showGlobalOptions: true });

  for (const command of commands) {
    addCommand(
      program,
      command,
      async (invocation) => {
        ending = await command.run(invocation);
      },
      surroundings,
    );
  }

  try {
    await program.parseAsync(argv, { from: "user" });
    return exitCodes[ending];
  } catch (error) {
    if (error instanceof CommanderError) return error.exitCode === 0 ? 0 : exitCodes.usage;
    const globals = program.opts<{ json?: boolean; color?: boolean }>();
    const problem = asProblem(error, surroundings.env);
    const terminal = processTerminal({
      json: globals.json === true,
      color: globals.color === false ? false : undefined,
    });
    terminal.result({ problem });
    terminal.note(problemText(problem, terminal.paint));
    return exitCodes[problem.ending];
  }
}

function addCommand(
  program: Commander,
  command: Command,
  run: (invocation: Invocation) => Promise<void>,
  surroundings: Surroundings,
): void {
  const sub = program.command([command.name, ...(command.args ?? [])].join(" ")).summary(command.summary);
  const { more } = command;
  sub.description(`${command.summary}.`);
  // Folded only when the help is asked for: every command line passes here, for each command.
  if (more !== undefined)
    sub.configureHelp({
      ...program.configureHelp(),
      commandDescription: () =>
        `${command.summary}.\n\n${helpText(more, sub.configureOutput().getOutHelpWidth?.() ?? 80)}`,
    });
  for (const option of command.options ?? []) {
    const parsed = new CommanderOption(option.flags, option.summary);
    if (option.default !== undefined) parsed.default(option.default);
    if (option.many === true) {
      parsed.default([], "none").argParser((value: string, so: string[]) => [...so, value]);
    }
    sub.addOption(parsed);
  }
  sub.addHelpText("after", `\nExamples:\n${command.examples.map((line) => `  $ ${line}`).join("\n")}`);
  sub.exitOverride();
  sub.action(async (...words: unknown[]) => {
    const args = words.slice(0, -2) as (string | undefined)[];
    const all = sub.optsWithGlobals<Record<string, string | string[] | boolean | undefined>>();
    const { playbook, platform, json, yes, color, ...options } = all;
    await run({
      args,
      options,
      terminal: processTerminal({ json: json === true, color: color === false ? false : undefined }),
      env: surroundings.env,
      cwd: surroundings.cwd,
      actor: { kind: "person", name: surroundings.user, via: "cli" },
      playbook: typeof playbook === "string" ? playbook : undefined,
      platform: platform === "local" || platform === "vercel" ? platform : undefined,
      yes: yes === true,
    });
  });
}

const exitCodeHelp = `
Exit codes: 0 done, 1 failed, 2 usage, 3 rolled back, 4 refused, 5 inconclusive.
Start here: atoms demo shows it all on this machine; atoms init writes a playbook for your own service.`;
