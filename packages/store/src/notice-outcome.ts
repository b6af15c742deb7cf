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
  if (delivery.sent) return { ...tried, state: "sent", sentAt: at };
  const failed = { ...tried, because: delivery.because };
  if (notice.state !== "waiting") return failed;
  return nextAt === undefined ? { ...failed, state: "dead" } : { ...failed, nextAt };
}
