import {
  assessEmergency,
  type Change,
  changesIn,
  type EmergencyAssessment,
  type EmergencyFreeze,
  type EmergencySight,
  freezeKinds,
  type Part,
  type Platform,
  type Proven,
  standingFreeze,
  type wayBackFrom,
} from "@atoms/playbook";
import { inWords } from "@atoms/playbook/report";
import type { ControlPlane, OpenPlaybook } from "../control-plane.js";
import type { Places } from "../places.js";
import { lookAtDoor } from "./door.js";
import { waitingInJournal } from "./journal.js";
import { lookAtPlatform } from "./look-at-platform.js";
import { lookAtRecord, type RecordSight } from "./look-at-record.js";
import { means } from "./means.js";
import { part } from "./part.js";
import { readProvenBeside, rememberProven } from "./proven-beside.js";

/** How long a look may take, in milliseconds. */
export const usualLookMs = 3_800;

/** Looks at everything at once, and says what it means. @param lookMs How long that may take, whatever is dead. */
export async function lookAtEmergency(
  plane: ControlPlane,
  open: OpenPlaybook,
  lookMs = usualLookMs,
): Promise<EmergencyAssessment> {
  return wholeSight(plane, open, lookAtRecord(plane, open, lookMs), lookMs);
}

/** The same, with what the store knows asked for by somebody else. */
export async function wholeSight(
  plane: Pick<ControlPlane, "clock" | "http" | "places">,
  open: OpenPlaybook,
  record: Promise<RecordSight>,
  lookMs: number,
): Promise<EmergencyAssessment> {
  const began = plane.clock.monotonic();
  const at = plane.clock.now();
  const place = { service: open.service, environment: open.environment };
  const [platform, told, door, records, journal] = await Promise.all([
    // The platform first, then what it names: each has half of the time.
    lookAtPlatform(plane, open, lookMs / 2),
    record,
    part(plane.clock, lookMs, (signal) => lookAtDoor(open, signal), open.secrets.redact),
    part(plane.clock, lookMs, () => readProvenBeside(plane.places, place)),
    part(plane.clock, lookMs, async () => journalOf(plane.places, place)),
  ]);
  // Others may have released through the same store: what is known now is there when the store is away.
  if (told.proven.is === "seen")
    await rememberProven(plane.places, place, told.proven.value).catch(() => undefined);
  const sight: EmergencySight = {
    ...place,
    platform: open.platformName,
    at,
    ...platform,
    ...told,
    freeze: freezeOf(told.freeze, plane.places, open.service, at),
    door,
    records: withoutLeft(records, plane.places),
    journal,
  };
  return assessEmergency(sight, Math.round(plane.clock.monotonic() - began), means);
}

/** What was done while the store was away, and not written down by it yet. */
function journalOf(places: Places, place: { service: string; environment: string }) {
  const { acts, damaged } = waitingInJournal(places);
  const waiting: Change[] = changesIn(acts, { ...place, since: 0 }, inWords);
  return { waiting, damaged: damaged.length };
}

/** A freeze that was put up while the store was away; where the store answers, it says what stands. */
function freezeOf(told: Part<EmergencyFreeze | null>, places: Places, service: string, now: number) {
  if (told.is === "seen") return told;
  const acts = waitingInJournal(places).acts.filter(({ kind }) => freezeEvents.includes(kind));
  const value = standingFreeze(
    acts.map((act, seq) => ({ ...act, seq })),
    service,
    now,
  );
  return value === undefined ? told : ({ is: "seen", value, ms: 0 } as const);
}
const freezeEvents: readonly string[] = Object.values(freezeKinds);

/** What a rollback or a restart of the journal has left is no way back, whatever its record says. */
function withoutLeft(records: Part<Proven[]>, places: Places): Part<Proven[]> {
  if (records.is === "dead") return records;
  const left = waitingInJournal(places).acts.flatMap(({ kind, data }) =>
    kind === "rollback.decided" || kind === "restart.verified" ? [data["from"]] : [],
  );
  return { ...records, value: records.value.filter(({ deployment }) => !left.includes(deployment)) };
}

/** What a way back is chosen by while the store is away, asked for with more patience than a look has. */
export async function sightWithoutStore(
  { places }: Pick<ControlPlane, "places">,
  { service, environment }: OpenPlaybook,
  platform: Platform,
  signal: AbortSignal,
): Promise<Parameters<typeof wayBackFrom>[0]> {
  const [production, deployments, records] = await Promise.all([
    platform.production(signal),
    platform.deployments(50, signal),
    readProvenBeside(places, { service, environment }),
  ]);
  const seen = <T>(value: T): Part<T> => ({ is: "seen", value, ms: 0 });
  const away = { is: "dead", because: "the store is away", ms: 0 } as const;
  return {
    production: seen(production),
    deployments: seen(deployments),
    records: withoutLeft(seen(records), places),
    proven: away,
    releases: away,
  };
}
