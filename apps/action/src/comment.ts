import { retry } from "@octokit/plugin-retry";
import { Octokit } from "@octokit/rest";

/** GitHub refuses longer comments. */
const longest = 65_536;

/** Where a comment goes, and what sets it apart from others of Atoms there. */
export type Place = { owner: string; repo: string; number: number; about: string };

/** What GitHub is asked with. */
export type GitHub = {
  token: string;
  /** Without a slash at its end, e.g. `https://api.github.com`. */
  api: string;
};

/**
 * Writes a comment on a pull request, in place of the one it wrote there before, so that ten pushes leave one comment.
 * @returns Its address, or why there is none: what may be commented is the workflow's choice, and no reason to fail.
 */
export async function comment(
  place: Place,
  markdown: string,
  github: GitHub,
): Promise<{ url: string } | { because: string }> {
  const octokit = new (Octokit.plugin(retry))({
    auth: github.token,
    baseUrl: github.api,
    request: { timeout: 30_000, retries: 3 },
    log: { debug() {}, info() {}, warn() {}, error() {} },
  });
  const at = { owner: place.owner, repo: place.repo };
  const mark = `<!-- atoms: ${place.about.replace(/[^\w./ -]/g, "_")} -->`;
  const body = fitting(`${mark}\n${markdown}`);
  try {
    const all = await octokit.paginate(octokit.rest.issues.listComments, {
      ...at,
      issue_number: place.number,
      per_page: 100,
    });
    const before = all.find((one) => one.body?.startsWith(mark) === true);
    const { data } =
      before === undefined
        ? await octokit.rest.issues.createComment({ ...at, issue_number: place.number, body })
        : await octokit.rest.issues.updateComment({ ...at, comment_id: before.id, body });
    return { url: data.html_url };
  } catch (error) {
    const { status, message } = error as { status?: number; message: string };
    const hint =
      status === 401 || status === 403 || status === 404
        ? " The job needs `permissions: pull-requests: write`; a pull request from a fork has none."
        : "";
    return { because: `GitHub answered ${status ?? "nothing"}: ${message.split("\n")[0]}.${hint}` };
  }
}

/** Cuts at a line's end what would be refused, and says so. */
export function fitting(body: string): string {
  if (body.length <= longest) return body;
  const note = "\n\n*Cut here: GitHub takes no longer comments. The summary of the job has it all.*";
  const cut = body.lastIndexOf("\n", longest - note.length);
  return body.slice(0, cut > 0 ? cut : longest - note.length) + note;
}
