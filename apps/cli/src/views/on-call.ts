import type { OnCallNow, OnCallStep } from "@atoms/control-plane";
import { formatDuration, type Override, type Page, type Shift, wallTimeAt } from "@atoms/playbook";
import type { Paint } from "../terminal/terminal.js";
import { tableText } from "./table.js";
import { when } from "./words.js";

/** Further away than any schedule: a turn without an end. */
const never = 8e15;

const two = (n: number) => String(n).padStart(2, "0");
const days = ["Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"] as const;

/** "Mon 2026-12-28 09:00", as clocks in the zone show it. */
function clock(at: number, zone: string): string {
  const { year, month, day, hour, minute } = wallTimeAt(at, zone);
  const name = days[new Date(Date.UTC(year, month - 1, day)).getUTCDay()];
  return `${name} ${year}-${two(month)}-${two(day)} ${two(hour)}:${two(minute)}`;
}

/** Who is on call, what stands in the way of the schedule, and which pages wait for somebody. */
export function onCallText(standing: OnCallNow, paint: Paint): string {
  const { steps, respondWithin, rounds, overrides, open } = standing;
  if (steps.length === 0)
    return "Nobody is on call: the playbook names neither `on_call` nor `contacts` of the usual roles.";
  const until = ({ now, timeZone = "UTC" }: OnCallStep) =>
    now === undefined || now.until > never ? "" : clock(now.until, timeZone);
  const table = tableText(steps, [
    { head: "STEP", of: ({ step }) => step },
    {
      head: "NOW",
      of: ({ now }) =>
        now === undefined
          ? paint.red("nobody")
          : `${now.person}${now.override === undefined ? "" : " (stands in)"}`,
    },
    {
      head: "REACHED BY",
      of: ({ reachedBy, phone }) =>
        reachedBy.length > 0
          ? reachedBy.join(", ")
          : paint.red(phone === undefined ? "no channel" : `no channel; ${phone}`),
    },
    { head: "UNTIL", of: until },
    { head: "NEXT", of: ({ next }) => next?.person ?? "" },
    { head: "ZONE", of: ({ timeZone = "" }) => timeZone },
  ]);
  const waits = Object.entries(respondWithin).map(([severity, ms]) => `${severity} ${formatDuration(ms)}`);
  return [
    table,
    "",
    `Each has ${waits.join(", ")} to answer before the next is told${rounds > 1 ? `; ${rounds} rounds` : ""}.`,
    ...(overrides.length === 0 ? [] : ["", ...overrides.map(overrideText)]),
    ...(open.length === 0
      ? []
      : ["", pagesText(open, paint), "", "`atoms oncall ack` says that you have it."]),
  ].join("\n");
}

/** One override. */
export const overrideText = ({ id, step, person, from, until, addedBy }: Override): string =>
  `${person} stands in at ${step} from ${when(from)} until ${when(until)} (${id}, by ${addedBy.name}).`;

/** The shifts of every schedule. */
export function shiftsText(
  schedules: readonly { step: string; timeZone: string; shifts: readonly Shift[] }[],
  paint: Paint,
): string {
  if (schedules.length === 0) return "The playbook has no schedule in `on_call.schedules`.";
  return schedules
    .map(({ step, timeZone, shifts }) =>
      [
        paint.bold(`${step} (${timeZone})`),
        tableText(shifts, [
          { head: "FROM", of: ({ from }) => clock(from, timeZone) },
          { head: "UNTIL", of: ({ until }) => clock(until, timeZone) },
          { head: "PERSON", of: ({ person }) => person },
          { head: "", of: ({ override }) => (override === undefined ? "" : `stands in (${override})`) },
        ]),
      ].join("\n"),
    )
    .join("\n\n");
}

/** Pages, and who has them. */
export function pagesText(pages: readonly Page[], paint: Paint): string {
  if (pages.length === 0) return "There is no such page.";
  const stateOf = ({ state, acknowledgedBy, resolvedBy }: Page) => {
    if (state === "acknowledged") return paint.yellow(`${acknowledgedBy?.name ?? "somebody"} has it`);
    if (state === "resolved") return paint.green(`resolved by ${resolvedBy?.name ?? "somebody"}`);
    return paint.red(state);
  };
  const toldTo = ({ told }: Page) => [
    ...new Set(
      told.flatMap(({ person, channels }) => (channels.length > 0 && person !== undefined ? [person] : [])),
    ),
  ];
  return tableText(pages, [
    { head: "PAGE", of: ({ id }) => id },
    { head: "", of: ({ severity }) => severity },
    { head: "SINCE", of: ({ at }) => when(at) },
    { head: "STATE", of: stateOf },
    { head: "TOLD", of: (page) => toldTo(page).join(", ") },
    { head: "TITLE", of: ({ title }) => title },
  ]);
}
