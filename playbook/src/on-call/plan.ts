import type { OnCallPlan, Person, Schedule, Way } from "./model.js";
import { firstHandover, type OnCallSettings } from "./settings.js";

/** What the plan is made from: the chapter's own part of the playbook, and what others say of people and channels. */
export type PlanSource = {
  /** Left out of the playbook: the contacts are told, in the seed's order. */
  on_call: OnCallSettings | undefined;
  /** Whom to call, by role: a number, an address or a channel. */
  contacts: Readonly<Record<string, string>>;
  /** Kinds of channel that could deliver to one person. */
  channels: readonly Way["kind"][];
  /** Where incidents are talked about. */
  incidents?: string | undefined;
};

const minutes = 60_000;
const usual: OnCallSettings["escalation"] = {
  steps: ["oncall_primary", "oncall_secondary", "engineering_lead", "cto"],
  respond_within: { P1: 5 * minutes, P2: 15 * minutes, P3: 60 * minutes, P4: 1_440 * minutes },
  rounds: 3,
};

/** Makes the playbook's words ready to use. */
export function onCallPlan(source: PlanSource): OnCallPlan {
  const { on_call, contacts, channels } = source;
  const escalation = on_call?.escalation ?? {
    ...usual,
    steps: usual.steps.filter((step) => Object.hasOwn(contacts, step)),
  };
  const names = on_call === undefined ? Object.keys(contacts) : Object.keys(on_call.people);
  return {
    people: Object.fromEntries(names.map((name) => [name, personOf(name, source, channels)])),
    schedules: Object.fromEntries(
      Object.entries(on_call?.schedules ?? {}).map(([name, settings]): [string, Schedule] => [
        name,
        {
          name,
          people: settings.people,
          timeZone: settings.time_zone,
          days: settings.every * (settings.rotation === "weekly" ? 7 : 1),
          firstHandover: firstHandover(settings),
        },
      ]),
    ),
    steps: escalation.steps,
    respondWithin: escalation.respond_within,
    rounds: escalation.rounds,
    lastResort: source.incidents ?? "#incidents",
  };
}

function personOf(name: string, { on_call, contacts }: PlanSource, channels: readonly Way["kind"][]): Person {
  const contact = Object.hasOwn(contacts, name) ? contacts[name] : undefined;
  const told = readContact(contact);
  // A person of the playbook says how they are reached; a bare contact has its number in PagerDuty, if there is one.
  const own = on_call?.people[name] ?? { pagerduty: true };
  const slack = own.slack ?? told.slack;
  const email = own.email ?? told.email;
  const phone = own.phone ?? told.phone;
  const ways: Way[] = [
    ...(own.pagerduty ? [{ kind: "pagerduty", channel: "pagerduty" } as const] : []),
    ...(slack === undefined ? [] : [{ kind: "slack", channel: addressed(slack) } as const]),
    ...(email === undefined ? [] : [{ kind: "email", channel: email } as const]),
  ];
  return {
    name,
    ...(phone === undefined ? {} : { phone }),
    ways: ways.filter(({ kind }) => channels.includes(kind)),
  };
}

const addressed = (slack: string) => (/^[#@]/.test(slack) ? slack : `@${slack}`);

function readContact(contact: string | undefined): { phone?: string; email?: string; slack?: string } {
  if (contact === undefined || /^https?:/.test(contact)) return {};
  if (/^[#@]/.test(contact)) return { slack: contact };
  return contact.includes("@") ? { email: contact } : { phone: contact };
}

/** What is wrong with the chapter's part of the playbook, where no single setting can see it. */
export function planMistakes(source: PlanSource): { path: (string | number)[]; message: string }[] {
  const { on_call } = source;
  if (on_call === undefined) return [];
  const plan = onCallPlan(source);
  const known = (name: string) => Object.hasOwn(plan.people, name);
  const both = Object.keys(plan.schedules)
    .filter(known)
    .map((name) => ({
      path: ["on_call", "schedules", name],
      message: `is the name of a person as well; give the schedule another`,
    }));
  const rota = Object.entries(plan.schedules).flatMap(([name, { people }]) =>
    people.flatMap((person, i) =>
      known(person)
        ? []
        : [
            {
              path: ["on_call", "schedules", name, "people", i],
              message: `names ${person}, who is not among on_call.people`,
            },
          ],
    ),
  );
  const steps = plan.steps.flatMap((step, i) =>
    known(step) || Object.hasOwn(plan.schedules, step)
      ? []
      : [
          {
            path: ["on_call", "escalation", "steps", i],
            message: `names ${step}, which is neither a person nor a schedule of on_call`,
          },
        ],
  );
  const silent = Object.values(plan.people)
    .filter(({ ways }) => ways.length === 0)
    .map(({ name, phone }) => ({
      path: ["on_call", "people", name],
      message: `can't be reached: ${phone === undefined ? "no way is named that a channel serves" : "Atoms can't call a telephone"}; name email, slack or pagerduty, and set up that channel in notification_channels`,
    }));
  return [...both, ...rota, ...steps, ...silent];
}
