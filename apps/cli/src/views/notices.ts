import type { NoticeRecord } from "@atoms/playbook";
import type { Paint } from "../terminal/terminal.js";
import { when } from "./words.js";

const marks = { waiting: "…", sent: "✓", dead: "✗", cancelled: "-", superseded: "-" } as const;

/** Messages to people, each with what became of it. */
export function noticesText(notices: readonly NoticeRecord[], paint: Paint): string {
  if (notices.length === 0) return "There is no such notice.";
  return notices.map((notice) => noticeText(notice, paint)).join("\n");
}

function noticeText(notice: NoticeRecord, paint: Paint): string {
  const { key, state, tries, channel, text, because, dueAt, nextAt, sentAt, reached } = notice;
  const colour = { sent: paint.green, dead: paint.red, waiting: paint.yellow }[state as string] ?? paint.dim;
  const stands =
    state === "sent" && sentAt !== undefined
      ? `sent ${when(sentAt)}`
      : state === "waiting" && tries > 0
        ? `waiting, next try ${when(nextAt)}`
        : state === "waiting"
          ? `waiting until ${when(dueAt)}`
          : state === "dead"
            ? "given up"
            : state;
  const told = [
    `${stands}${tries > 1 ? ` after ${tries} tries` : ""}`,
    ...(because === undefined ? [] : [because]),
  ];
  const channels = Object.entries(reached).map(([name, { state: how }]) => `${name} ${how}`);
  return [
    `${colour(marks[state])} ${paint.bold(channel)}  ${text}`,
    paint.dim(`  ${[...told, ...(channels.length === 0 ? [] : [channels.join(", ")])].join("; ")}`),
    paint.dim(`  ${key}`),
  ].join("\n");
}
