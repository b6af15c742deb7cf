import type { LedgerEntry } from "@atoms/playbook";
import type { ControlPlane, OpenPlaybook } from "../control-plane.js";

/** Something that was done outside Atoms, or a build that was to begin a release and did not. */
export type OutsideNews = {
  /** Milliseconds since the epoch. */
  at: number;
  deployment: string;
  /** E.g. "ready", "promoted", "not released". */
  what: string;
  branch?: string;
  commit?: string;
  /** Why it was not released. */
  because?: string;
};

const kinds = ["outside.deployment", "outside.production", "trigger.refused"];
/** So many are told. */
const most = 5;

/** What was done outside since the newest release began, newest first; of each deployment the last word only. */
export async function outsideNews(
  plane: ControlPlane,
  { service, environment }: Pick<OpenPlaybook, "service" | "environment">,
): Promise<OutsideNews[]> {
  const { ledger, releases } = await plane.store();
  const [[newest], ...told] = await Promise.all([
    releases.list({ service, environment, limit: 1 }),
    ...kinds.map((kind) => ledger.read({ environment, kind, last: true, limit: 50 })),
  ]);
  const since = newest?.startedAt ?? 0;
  const entries = told.flat().filter((entry) => entry.service === service && entry.at >= since);
  const last = new Map<string, OutsideNews>();
  for (const entry of entries.sort((a, b) => a.seq - b.seq)) {
    const { deployment, ...news } = newsOf(entry);
    const before = last.get(deployment);
    last.delete(deployment);
    last.set(deployment, { ...before, deployment, ...news });
  }
  return [...last.values()].reverse().slice(0, most);
}

function newsOf({ at, kind, data }: LedgerEntry): OutsideNews {
  const text = (name: string) => (typeof data[name] === "string" ? data[name] : undefined);
  const [branch, commit] = [text("branch"), text("commit")];
  const refused = kind === "trigger.refused";
  return {
    at,
    deployment: text("deployment") ?? "",
    what: refused ? "not released" : (text("what") ?? ""),
    ...(branch === undefined ? {} : { branch }),
    ...(commit === undefined ? {} : { commit }),
    ...(refused ? { because: text("because") ?? "" } : {}),
  };
}
