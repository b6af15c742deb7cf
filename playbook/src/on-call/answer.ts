import type { Actor, Json, LedgerEvent } from "../terms/index.js";
import { answerNotices } from "./messages.js";
import type { Page } from "./model.js";
import type { OnCallStore } from "./ports.js";
import { noSuchPage, pageOver } from "./problems.js";

/** Who answered, and how. */
export type Answer = {
  by: Actor;
  /** By which way the answer came. */
  via: "cli" | "api" | "link" | "pagerduty" | "atoms";
  /** Milliseconds since the epoch. */
  at: number;
};

/**
 * Writes down that somebody has it: the first one counts, and everybody who was told hears of it. Acknowledging what is
 * acknowledged changes nothing.
 * @returns `first` false when somebody had it before.
 * @throws noSuchPage (ATM-890); pageOver (ATM-891) when it is resolved.
 */
export async function acknowledge(
  store: OnCallStore,
  id: string,
  answer: Answer,
): Promise<{ page: Page; first: boolean }> {
  const page = await known(store, id);
  const { page: after, changed } = await store.change(
    id,
    ["paging", "unanswered"],
    { state: "acknowledged", acknowledgedAt: answer.at, acknowledgedBy: answer.by },
    [event(page, "page.acknowledged", answer)],
    (told) => answerNotices(told, "acknowledged", answer.by.name, answer.at),
  );
  if (after.state === "resolved") throw pageOver({ page: id, by: after.resolvedBy?.name ?? "Atoms" });
  return { page: after, first: changed };
}

/**
 * Writes down that what the page was about is over. Resolving what is resolved changes nothing.
 * @throws noSuchPage (ATM-890).
 */
export async function resolvePage(
  store: OnCallStore,
  id: string,
  answer: Answer,
): Promise<{ page: Page; first: boolean }> {
  const page = await known(store, id);
  const { page: after, changed } = await store.change(
    id,
    ["paging", "unanswered", "acknowledged"],
    { state: "resolved", resolvedAt: answer.at, resolvedBy: answer.by },
    [event(page, "page.resolved", answer)],
    (told) => answerNotices(told, "resolved", answer.by.name, answer.at),
  );
  return { page: after, first: changed };
}

async function known(store: OnCallStore, id: string): Promise<Page> {
  const page = await store.page(id);
  if (page === undefined) throw noSuchPage({ page: id });
  return page;
}

function event(page: Page, kind: string, { by, via, at }: Answer): LedgerEvent {
  const data: { [key: string]: Json } = {
    page: page.id,
    title: page.title,
    severity: page.severity,
    via,
    afterMs: at - page.at,
  };
  return {
    key: `${page.id}/${kind}`,
    kind,
    at,
    actor: by,
    service: page.service,
    environment: page.environment,
    ...(page.about.kind === "release" ? { release: page.about.id } : {}),
    data,
  };
}
