import type { Delivery, NoticeRecord } from "@atoms/playbook";

/**
 * What a notice is after a try to deliver it.
 * A sent notice stays sent; one that was cancelled while it was being sent is sent if it got through, else cancelled.
 * @param nextAt When it is tried again, in milliseconds since the epoch; without it a failure is final.
 */
export function afterTry(
  notice: NoticeRecord,
  delivery: Delivery,
  at: number,
  nextAt: number | undefined,
): NoticeRecord {
  if (notice.state === "sent") return notice;
  const { because: _before, ...rest } = notice;
  const tried = { ...rest, tries: notice.tries + 1 };
  if (delivery.sent) {
    const how = delivery.because === undefined ? {} : { because: delivery.because };
    return { ...tried, state: "sent", sentAt: at, ...how };
  }
  const failed = { ...tried, because: delivery.because };
  if (notice.state !== "waiting") return failed;
  return nextAt === undefined ? { ...failed, state: "dead" } : { ...failed, nextAt };
}

/** A dead notice that is tried again: as new, but for the channels that have it. */
export function triedAgain(notice: NoticeRecord, now: number): NoticeRecord {
  const { because: _before, ...rest } = notice;
  const reached = Object.fromEntries(
    Object.entries(notice.reached).filter(([, one]) => one.state === "sent"),
  );
  return { ...rest, state: "waiting", tries: 0, nextAt: now, since: now, reached };
}
