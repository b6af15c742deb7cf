import { formatDuration, type Problem } from "../terms/index.js";
import type { MaintenanceOrder } from "./model.js";
import type { MaintenanceNotice } from "./ports.js";

const clockTime = (at: number) => `${new Date(at).toISOString().slice(11, 16)} UTC`;

/** What channels hear of a maintenance. `at` in milliseconds since the epoch. */
export type MaintenanceNews =
  | { is: "begun" }
  /** `known`: it is known to be closed; otherwise the flag may still be set. */
  | { is: "kept closed"; problem: Problem; mark: string; known: boolean }
  /** `anyway`: why it was opened although not every host was found well. */
  | { is: "over"; at: number; anyway?: string }
  | { is: "failed"; at: number; problem: Problem };

/** One message to each channel; all of one maintenance are one conversation. */
export function maintenanceNotices(
  order: MaintenanceOrder,
  channels: readonly string[],
  at: number,
  news: MaintenanceNews,
): MaintenanceNotice[] {
  const { maintenance, service, environment } = order;
  const mark = news.is === "kept closed" ? `kept/${news.mark}` : news.is;
  return channels.map(
    (channel): MaintenanceNotice => ({
      key: `${maintenance}/${mark}/${channel}`,
      service,
      environment,
      channel,
      text: `Maintenance of ${service} in ${environment} (${maintenance}): ${textOf(order, news)}`,
      dueAt: at,
      thread: maintenance,
      ...(news.is === "begun"
        ? { status: "open" as const }
        : news.is === "kept closed"
          ? {}
          : { status: "resolved" as const }),
      severity: news.is === "kept closed" ? "critical" : news.is === "failed" ? "high" : "low",
      title: `Maintenance of ${service} in ${environment}`,
    }),
  );
}

function textOf(order: MaintenanceOrder, news: MaintenanceNews): string {
  const lasted = (at: number) =>
    formatDuration(Math.max(1_000, Math.round((at - order.startedAt) / 1_000) * 1_000));
  switch (news.is) {
    case "begun":
      return `it begins, by ${order.actor.name}: ${order.because.replace(/[.\s]+$/, "")}. It is over by ${clockTime(order.until)}; ${order.door === "open" ? "users are served meanwhile" : "alerts are quiet until then"}.`;
    case "kept closed":
      return `${news.known ? "the door stays closed" : "the flag may still be set"}. ${news.problem.happened} ${news.problem.fix}`;
    case "over":
      return news.anyway === undefined
        ? `it is over after ${lasted(news.at)}; ${order.door === "open" ? "the door was open all the time" : "every host is open and well"}.`
        : `it is over after ${lasted(news.at)}; it was opened as it is: ${news.anyway}`;
    case "failed":
      return `it is over after ${lasted(news.at)}, and did not do what it was for. ${news.problem.happened}`;
  }
}
