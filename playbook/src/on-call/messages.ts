import { formatDuration } from "../terms/index.js";
import { alertSeverities, channelsTold } from "./decide.js";
import type { Page, Person } from "./model.js";
import type { PageNotice } from "./ports.js";

const where = ({ service, environment }: Page) => `${service} in ${environment}`;
const what = (page: Page) => `${page.severity} ${where(page)}: ${page.title}`;
const ended = (text: string) => (/[.!?]$/.test(text.trim()) ? text.trim() : `${text.trim()}.`);

const base = (page: Page, channel: string, dueAt: number) => ({
  service: page.service,
  environment: page.environment,
  channel,
  dueAt,
  thread: page.id,
  severity: alertSeverities[page.severity],
  title: what(page),
});

/** The messages by which one person is paged, one for each way to them. */
export function pagingNotices(
  page: Page,
  turn: number,
  { step, person, waitMs, nth }: { step: string; person: Person; waitMs: number; nth: boolean },
  now: number,
): PageNotice[] {
  const as = step === person.name ? "" : ` as ${step}`;
  const call = person.phone === undefined ? "" : ` (${person.phone})`;
  return person.ways.map(({ channel }, i) => ({
    ...base(page, channel, now),
    key: `${page.id}/told/${turn}/${i + 1}`,
    status: "open",
    page: page.id,
    text: [
      `${nth ? "Still nobody answered: " : ""}${ended(what(page))}`,
      ...(page.details === undefined ? [] : [ended(page.details)]),
      `For ${person.name}${call}${as}, to be acknowledged within ${formatDuration(waitMs)}: atoms oncall ack ${page.id}`,
    ].join(" "),
  }));
}

/** Tells everybody who was paged that somebody has it, or that it is over. */
export function answerNotices(
  page: Page,
  status: "acknowledged" | "resolved",
  by: string,
  now: number,
): PageNotice[] {
  return channelsTold(page).map((channel, i) => ({
    ...base(page, channel, now),
    key: `${page.id}/${status}/${i + 1}`,
    status,
    text: `${status === "acknowledged" ? "Acknowledged" : "Resolved"} by ${by}: ${ended(what(page))}`,
  }));
}

/** Says that nobody answered, where incidents are talked about. */
export function unansweredNotice(page: Page, channel: string, because: string, now: number): PageNotice {
  return {
    ...base(page, channel, now),
    key: `${page.id}/unanswered`,
    status: "open",
    page: page.id,
    text: `Nobody has it: ${ended(what(page))} ${ended(because.charAt(0).toUpperCase() + because.slice(1))} Whoever reads this: atoms oncall ack ${page.id}`,
  };
}
