import { defineCommand } from "../command.js";

export const init = defineCommand({
  name: "init",
  summary: "Write a commented playbook.yaml for your own service",
  args: ["[dir]"],
  options: [
    { flags: "--name <name>", summary: "name of the service (default: from package.json or the folder)" },
    { flags: "--kind <kind>", summary: "http or mcp (default: as found)" },
    { flags: "--health <path>", summary: "path that says how the service is (default: as found)" },
    { flags: "--force", summary: "write over a playbook that is there" },
  ],
  examples: [
    "atoms init",
    "atoms init services/shop --yes",
    "atoms init --name shop --platform vercel --yes",
  ],
  more: "It looks at the folder, asks what it cannot see, and writes one file. With --yes, or without a terminal, it asks nothing.",
  async run(invocation) {
    const { detectService, initTemplate } = await import("@atoms/control-plane");
    const { oneOf } = await import("../options.js");
    const { fileExists } = await import("../problems.js");
    const { existsSync } = await import("node:fs");
    const { writeFile } = await import("node:fs/promises");
    const { join, relative, resolve } = await import("node:path");
    const { terminal, options, cwd } = invocation;
    const folder = resolve(cwd, invocation.args[0] ?? ".");
    const path =
      invocation.playbook === undefined ? join(folder, "playbook.yaml") : resolve(cwd, invocation.playbook);
    if (existsSync(path) && options["force"] !== true) throw fileExists({ path });

    const found = await detectService(folder);
    for (const note of found.notes) terminal.note(`${terminal.paint.yellow("!")} ${note}`);
    const given = (name: string) => (typeof options[name] === "string" ? options[name] : undefined);
    const asks = terminal.canAsk && !invocation.yes;
    const prompts = asks ? await import("@inquirer/prompts") : undefined;
    const onError = { output: process.stderr };
    const name =
      given("name") ??
      (await prompts?.input({ message: "Name of the service", default: found.name }, onError)) ??
      found.name;
    const health =
      given("health") ??
      (await prompts?.input(
        { message: "Path that says how it is", default: found.health ?? "/" },
        onError,
      )) ??
      found.health ??
      "/";
    const platform =
      invocation.platform ??
      (await prompts?.select<"local" | "vercel">(
        {
          message: "Where does it go?",
          choices: [
            { name: "the local cloud on this machine (no account)", value: "local" },
            { name: "Vercel (needs VERCEL_TOKEN)", value: "vercel" },
          ],
        },
        onError,
      )) ??
      "local";
    const kind =
      given("kind") === undefined ? found.kind : oneOf(given("kind") ?? "", "--kind", ["http", "mcp"]);
    await writeFile(
      path,
      initTemplate({
        ...found,
        name,
        kind,
        platform,
        health,
        source: relative(resolve(path, ".."), folder) || ".",
      }),
    );
    terminal.result({ path, name, kind, platform, health, framework: found.framework });
    terminal.say(`Wrote ${path} for ${name} (${found.framework}).`);
    terminal.say(
      "Next: `atoms check` looks at it, `atoms plan` says what a release would do, `atoms deploy` does it.",
    );
    return "done";
  },
});
