import type { LedgerEntry } from "../terms/index.js";
import type { StepFacts } from "./canary-evidence.js";
import { duration } from "./decisions.js";
import { numberIn, textIn } from "./fields.js";

/** Kinds of things that a release waits for. */
export const waitKinds = [
  "proof",
  "time",
  "data",
  "person",
  "freeze",
  "webhook",
  "incident",
  "pin",
  "phase",
] as const;

/** One thing that a release waits for. Plain data. */
export type WaitsFor = {
  /**
   * `proof`: of health or harm. `time`: the watch, or an announced moment. `data`: requests of the canary. `person`: an
   * approval. `freeze`, `webhook`, `incident`, `pin`: that gate. `phase`: work in hand.
   */
  for: (typeof waitKinds)[number];
  /** What it is, in a few words. */
  because: string;
  /** When it may be over at the earliest, where that is known; milliseconds since the epoch. */
  opensAt?: number;
  /** When waiting ends at the latest, in milliseconds since the epoch; null where the ledger does not tell. */
  until: number | null;
  /** What comes then. */
  otherwise: string;
  /** Who has approved so far, and how many have to. */
  approved?: { by: string[]; of: number };
};

/** How long nothing may be measured of a canary before that is told, in milliseconds. */
const silentFor = 30_000;

/** Follows what a release waits for through its entries of the ledger. */
export interface Waits {
  take(entry: LedgerEntry): void;
  /** @param step Of a canary, while one is under way. @param at Now, in milliseconds since the epoch. */
  now(step: StepFacts | undefined, at: number): WaitsFor[];
}

type Phase = { name: string; began: number; deadline?: number; waits?: number };

/** Opens it. */
export function followWaits(): Waits {
  let phase: Phase | undefined;
  let moved = false;
  let ended = false;
  let stepIsOver = false;
  let evidence: string | undefined;
  let wayBack = "";
  const shut = new Map<string, WaitsFor>();
  /** Services of a group whose own release is under way. */
  const members = new Set<string>();
  let question: { of: string; people: number; yes: Set<string> } | undefined;

  const clear = () => {
    shut.clear();
    question = undefined;
  };
  const refused = () => (moved ? "traffic goes back" : "the release ends, and no traffic was moved");

  const takeGate = ({ kind, data }: LedgerEntry) => {
    const gate = textIn(data, "gate");
    const key = `${textIn(data, "point")}/${gate}`;
    shut.delete(key);
    if (kind !== "gate.shut") return;
    const opensAt = numberIn(data, "opensAt");
    shut.set(key, {
      for: kindOf(gate),
      because: textIn(data, "because"),
      ...(opensAt === undefined ? {} : { opensAt }),
      until: numberIn(data, "until") ?? null,
      otherwise: textIn(data, "otherwise") === "open" ? "it goes on" : refused(),
    });
  };

  return {
    take(entry) {
      const { kind, data, at } = entry;
      switch (kind) {
        case "phase.started": {
          const [deadlineMs, waitsMs] = [numberIn(data, "deadlineMs"), numberIn(data, "waitsMs")];
          const waits = numberIn(data, "waitsUntil") ?? (waitsMs === undefined ? undefined : at + waitsMs);
          phase = {
            name: textIn(data, "phase"),
            began: at,
            ...(deadlineMs === undefined ? {} : { deadline: at + deadlineMs }),
            ...(waits === undefined ? {} : { waits }),
          };
          // Gates that were asked before a phase keep it waiting inside of it too.
          if (phase.name === "rollback") clear();
          return;
        }
        case "traffic.shifting":
          moved = true;
          wayBack = textIn(data, "from");
          clear();
          return;
        case "traffic.step":
          stepIsOver = false;
          clear();
          return;
        case "analysis.verdict":
        case "traffic.shifted":
          stepIsOver = true;
          clear();
          return;
        case "gate.shut":
        case "gate.opened":
        case "gate.refused":
        case "gate.overridden":
          takeGate(entry);
          return;
        case "approval.asked":
          question = {
            of: textIn(data, "of"),
            people: numberIn(data, "people") ?? 1,
            yes: new Set(),
          };
          return;
        case "approval.given":
          if (textIn(data, "of") === question?.of) question.yes.add(entry.actor.name);
          return;
        case "approval.settled":
          if (textIn(data, "of") === question?.of) question = undefined;
          return;
        case "watch.measured":
          evidence = changeIn(data["evidence"]);
          return;
        case "group.member":
          if (textIn(data, "state") === "running") members.add(textIn(data, "service"));
          else members.delete(textIn(data, "service"));
          return;
        case "rollback.decided":
          wayBack = textIn(data, "to");
          return;
        case "release.ended":
          ended = true;
          return;
      }
    },
    now(step, at) {
      if (ended) return [];
      const gates = [...shut.values()].map((one) =>
        one.for === "person" && question !== undefined
          ? { ...one, approved: { by: [...question.yes], of: question.people } }
          : one,
      );
      if (gates.length > 0) return gates;
      if (phase === undefined) return [];
      if (phase.name === "shift" && step !== undefined && !stepIsOver) return stepWaits(step, at);
      if (members.size > 0)
        return [
          {
            for: "phase",
            because: `the release of ${[...members].join(", ")}`,
            until: null,
            otherwise: "the group goes back unless all are released",
          },
        ];
      return [phaseWait(phase, moved, { evidence, wayBack })];
    },
  };
}

/** What a step waits for while no gate keeps it. */
function stepWaits({ step, requests, heardAt }: StepFacts, at: number): WaitsFor[] {
  const { until = null, heldUntil = null, minRequests = 0 } = step;
  const next = step.next === undefined ? "the next step" : `${Math.round(step.next * 100)} %`;
  const goesOn = step.needsApproval === true ? `a person is asked, before ${next}` : `it goes on to ${next}`;
  const few = requests < minRequests;
  if (until !== null && at >= until && few) {
    const seen = `${requests} of ${minRequests} requests were seen`;
    return [{ for: "data", because: seen, until: heldUntil, otherwise: "traffic goes back" }];
  }
  const inTime = few
    ? step.noData === "fail"
      ? `traffic goes back, unless ${minRequests} requests were seen`
      : step.noData === "probe"
        ? `own requests make up for what is missing to ${minRequests}`
        : `it is held for data, unless ${minRequests} requests were seen`
    : step.unproven === "roll back"
      ? "traffic goes back"
      : goesOn;
  const proof: WaitsFor = {
    for: "proof",
    because: "proof of health, or of harm",
    until,
    otherwise: inTime,
  };
  const quietFor = at - (heardAt ?? step.since);
  if (step.split === 0 || quietFor < silentFor) return [proof];
  const because = `nothing was measured of the canary for ${duration(quietFor)}`;
  return [proof, { for: "data", because, until: heldUntil, otherwise: "traffic goes back" }];
}

function phaseWait(
  { name, deadline, waits }: Phase,
  moved: boolean,
  { evidence, wayBack }: { evidence: string | undefined; wayBack: string },
): WaitsFor {
  const failed = moved ? "traffic goes back" : "the release ends, and no traffic was moved";
  if (waits !== undefined) {
    const told = evidence === undefined ? "" : `; evidence of a change: ${evidence} of an alarm`;
    return name === "watch"
      ? { for: "time", because: `the end of the watch${told}`, until: waits, otherwise: "it is finished" }
      : { for: "time", because: "the announced time", until: waits, otherwise: "it goes on" };
  }
  if (name === "rollback")
    return {
      for: "phase",
      because: wayBack === "" ? "the way back" : `production to serve ${wayBack} again`,
      until: deadline ?? null,
      otherwise: "a person has to look",
    };
  return { for: "phase", because: `the end of ${name}`, until: deadline ?? null, otherwise: failed };
}

const gateKinds = new Map<string, WaitsFor["for"]>([
  ["approval", "person"],
  ["freeze", "freeze"],
  ["incident", "incident"],
  ["pin", "pin"],
]);

/** Webhooks are called by their name: "webhook change-board". */
const kindOf = (gate: string): WaitsFor["for"] => gateKinds.get(gate) ?? "webhook";

/** How near the change detector is to an alarm, in percent. */
function changeIn(value: unknown): string | undefined {
  if (typeof value !== "object" || value === null) return undefined;
  const data = value as LedgerEntry["data"];
  const [logM, threshold] = [numberIn(data, "logM"), numberIn(data, "threshold")];
  if (logM === undefined || threshold === undefined || threshold <= 0) return undefined;
  return `${Math.round(Math.max(0, logM / threshold) * 100)} %`;
}
