import { defineCommand, type Invocation } from "../command.js";

export const report = defineCommand({
  name: "report",
  summary: "Write a report on a release, running or over: one page that stands alone",
  args: ["[release]"],
  options: [
    { flags: "--out <file>", summary: "where to write it; - is standard output" },
    { flags: "--markdown", summary: "Markdown for a pull request, on standard output" },
  ],
  examples: [
    "atoms report",
    "atoms report rel_1jd0q… --out report.html",
    "atoms report --markdown | gh pr comment --body-file -",
    "atoms report --json | jq '.canary.verdict'",
  ],
  more: [
    "The newest release unless one is named. The page needs no network and runs no script: mail it, keep it, print it.",
    "It is written to .atoms/reports/ beside the playbook, which no release ships, unless --out says where.",
  ].join("\n"),
  async run(invocation) {
    const { terminal, options } = invocation;
    const { reportMarkdown, reportOf, reportPage } = await import("@atoms/playbook/report");
    const markdown = options["markdown"] === true;
    const told = await gather(invocation);
    const report = reportOf(told.release, told.entries, Date.now());
    const { out } = options;
    if (terminal.json && typeof out !== "string") {
      terminal.result(report);
      return "done";
    }
    const text = terminal.json
      ? `${JSON.stringify(report)}\n`
      : markdown
        ? reportMarkdown(report)
        : reportPage(report);
    if (out === "-" || (out === undefined && markdown)) {
      await new Promise<void>((written) => process.stdout.write(text, () => written()));
      return "done";
    }
    const { dirname, join, resolve } = await import("node:path");
    const own = join(dirname(told.playbook), ".atoms", "reports");
    if (out === undefined)
      await (await import("node:fs/promises")).mkdir(own, { recursive: true, mode: 0o700 });
    const path =
      typeof out === "string" ? resolve(invocation.cwd, out) : join(own, `${told.release.id}.html`);
    await write(path, text);
    terminal.note(`Wrote ${path} on ${told.release.id} (${told.release.state}).`);
    return "done";
  },
});

/** The release and all its entries. @throws ATM-580 when there is none, ATM-511 when none is called so. */
async function gather(invocation: Invocation) {
  const { listReleases, showRelease } = await import("@atoms/control-plane");
  const { nothingToReport } = await import("../problems.js");
  const { entriesOf } = await import("../release-entries.js");
  const { withSession } = await import("../session.js");
  const [named] = invocation.args;
  return withSession(invocation, "read", async (ask, { playbook }) => {
    const release =
      named === undefined
        ? (await ask(listReleases, { limit: 1 }))[0]
        : await ask(showRelease, { release: named });
    if (release === undefined) throw nothingToReport();
    return { playbook, release, entries: await entriesOf(ask, release.id) };
  });
}

/** Writes it beside its place and moves it there, so that nobody reads half a report. */
async function write(path: string, text: string): Promise<void> {
  const { rename, rm, writeFile } = await import("node:fs/promises");
  const { reportNotWritten } = await import("../problems.js");
  const draft = `${path}.${process.pid}.tmp`;
  try {
    await writeFile(draft, text);
    await rename(draft, path);
  } catch (error) {
    await rm(draft, { force: true }).catch(() => undefined);
    const { code } = error as NodeJS.ErrnoException;
    const because = {
      ENOENT: "there is no such folder",
      ENOTDIR: "that is no folder",
      EISDIR: "that is a folder",
    };
    const known = because[code as keyof typeof because];
    if (known === undefined) throw error;
    throw reportNotWritten({ path, because: known });
  }
}
