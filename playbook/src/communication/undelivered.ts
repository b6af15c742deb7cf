import { type Actor, atomsItself, type Json, type LedgerEvent } from "../terms/index.js";
import type { Notice, NoticeRecord } from "./ports.js";

/** Why a notice was dropped that a newer one made pointless. */
export const cameTooLate = "it came too late: a newer notice says how things stand";

const about = (
  notice: Notice,
  kind: string,
  at: number,
  actor: Actor,
  data: { [key: string]: Json },
): LedgerEvent => ({
  key: `${notice.key}/${kind}/${at}`,
  kind,
  at,
  actor,
  service: notice.service,
  environment: notice.environment,
  ...(notice.release === undefined ? {} : { release: notice.release }),
  data: { notice: notice.key, channel: notice.channel, text: notice.text, ...data },
});

/** Tells the ledger that a notice was dropped. */
export const noticeSuperseded = (notice: Notice, at: number): LedgerEvent =>
  about(notice, "notice.superseded", at, atomsItself, { because: cameTooLate });

/** Tells the ledger that a person has a notice tried again. */
export const noticeRetried = (notice: Notice, at: number, actor: Actor): LedgerEvent =>
  about(notice, "notice.retried", at, actor, {});

const hour = 3_600_000;

/**
 * What follows when a notice is given up: an event, and a notice through the channels that are left. One for a channel and
 * an hour, so that a channel that lost a hundred notices is told of once; one that is given up itself is told of no more.
 */
export function deadLetter(
  notice: NoticeRecord,
  because: string,
  now: number,
): { events: LedgerEvent[]; notices: Notice[] } {
  const events = [about(notice, "notice.dead", now, atomsItself, { because, tries: notice.tries + 1 })];
  if (notice.channel === "any") return { events, notices: [] };
  const failed = Object.entries(notice.reached).filter(([, { state }]) => state !== "sent");
  const { service, environment, severity } = notice;
  return {
    events,
    notices: [
      {
        key: `undelivered/${service}/${environment}/${notice.channel}/${Math.floor(now / hour)}`,
        service,
        environment,
        channel: "any",
        avoid: failed.map(([name]) => name),
        text: `Notices for ${notice.channel} are not delivered: ${because}. The first reads: "${notice.text}" \`atoms notices\` lists them.`,
        dueAt: now,
        ...(severity === undefined ? {} : { severity }),
      },
    ],
  };
}
