import { onCallAt, onCallPlan, planSource } from "@atoms/playbook";
import type { OpenPlaybook } from "../control-plane.js";

/** Whom to call by hand when nobody can be paged, in the order of the escalation; by the schedules alone. */
export function whomToCall({ settings }: OpenPlaybook, now: number): string {
  const plan = onCallPlan(planSource(settings));
  const people = plan.steps.flatMap((step) => {
    const person = plan.people[onCallAt(plan, step, now, [])?.person ?? ""];
    if (person === undefined) return [];
    const ways = [person.phone, ...person.ways.map(({ channel }) => channel)].filter(
      (way) => way !== undefined,
    );
    return [`${person.name}${ways.length === 0 ? "" : ` (${ways.join(", ")})`}`];
  });
  const each = [...new Set(people)];
  return each.length === 0
    ? "The playbook names nobody who is on call; `atoms oncall --help` shows how."
    : `Call them yourself: ${each.join(", then ")}.`;
}
