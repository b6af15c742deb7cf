// The program behind action.yml: runs one command of Atoms in this folder, and tells the job and the pull request of it.
import { mkdtemp, readFile, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import * as core from "@actions/core";
import { atoms } from "./atoms.js";
import { comment } from "./comment.js";
import { readWish, type Wish } from "./wish.js";

const eventFile = process.env["GITHUB_EVENT_PATH"];
const wish = readWish(
  process.env,
  eventFile === undefined ? undefined : JSON.parse(await readFile(eventFile, "utf8")),
);
if ("mistaken" in wish) {
  core.error(wish.mistaken);
  core.setOutput("exit-code", 2);
  process.exitCode = 2;
} else process.exitCode = await run(wish);

/** How the command ended, and what people are told; empty where there is nothing to tell. */
type Told = { code: number; markdown: string };

/** @returns The exit code of the command, which is the step's. */
async function run({ command, words, about, pullRequest }: Wish): Promise<number> {
  const folder = await mkdtemp(join(process.env["RUNNER_TEMP"] ?? tmpdir(), "atoms-"));
  const { code, markdown } = command === "plan" ? await plan(words) : await release(command, words, folder);
  core.setOutput("exit-code", code);
  if (markdown.trim() === "") {
    core.error(`atoms ${command} ended with code ${code} before it had anything to tell; its log says why.`);
    return code === 0 ? 1 : code;
  }
  const file = join(folder, `${command}.md`);
  await writeFile(file, markdown);
  core.setOutput("markdown", file);
  if (process.env["GITHUB_STEP_SUMMARY"] !== undefined) await core.summary.addRaw(markdown, true).write();
  if (pullRequest !== undefined) {
    const answer = await comment({ ...pullRequest, about }, markdown, {
      token: process.env["ATOMS_ACTION_TOKEN"] ?? "",
      api: process.env["GITHUB_API_URL"] ?? "https://api.github.com",
    });
    if ("url" in answer) core.info(`Told the pull request: ${answer.url}`);
    else core.warning(`The pull request was not told. ${answer.because}`);
  }
  return code;
}

async function plan(words: string[]): Promise<Told> {
  const { code, out } = await atoms(["plan", "--markdown", "--yes", ...words], false);
  return { code, markdown: out };
}

/** Makes a release, or takes the one that is named or the newest, and has Atoms report on it. */
async function release(command: "deploy" | "report", words: string[], folder: string): Promise<Told> {
  const deployed = command === "deploy" ? await atoms(["deploy", "--yes", ...words], true) : undefined;
  const id = deployed === undefined ? undefined : /\((rel_[a-z0-9]+)\)/.exec(deployed.out)?.[1];
  // A release that was refused was never made: there is nothing to report on, and its reason is in the log.
  if (deployed !== undefined && id === undefined) return { code: deployed.code, markdown: "" };
  const global = deployed === undefined ? words : words.filter((word) => word.startsWith("--playbook="));
  const named = id === undefined ? global : [id, ...global];
  const data = await atoms(["report", "--json", ...named], false);
  const found =
    data.code === 0 ? (JSON.parse(data.out) as { release: { id: string } }).release.id : undefined;
  if (found === undefined) return { code: deployed?.code ?? data.code, markdown: "" };
  core.setOutput("release", found);
  const page = join(folder, `${found}.html`);
  const written = await atoms(["report", "--out", page, ...named], false);
  if (written.code === 0) core.setOutput("page", page);
  const { code, out } = await atoms(["report", "--markdown", ...named], false);
  return { code: deployed?.code ?? code, markdown: code === 0 ? out : "" };
}
