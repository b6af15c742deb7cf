import { type Actor, formatDuration, type Json, type LedgerEvent } from "../terms/index.js";
import { loudest, reminderText } from "./messages.js";
import type { Alert, Silence } from "./model.js";
import type { AlertNotice } from "./ports.js";
import { inForce, type SilenceIndex, silencedBy } from "./quiet.js";
import { actor, type Round } from "./round-input.js";

/** The silence that a release opens; it has one at most. */
export const muteIdOf = (release: string) => `mute_${release}`;

/** A release keeps the rules quiet that ask for it: a silence of its own, no longer than `mute_at_most`. */
export function muteForRelease(round: Round, events: LedgerEvent[]): Silence[] {
  const { now, release, service, environment, settings } = round;
  const own = round.silences.filter(({ source }) => source.kind === "release");
  // A mute outlives its release by nothing.
  const over = own
    .filter(({ source, endedAt }) => source.id !== release?.id && endedAt === undefined)
    .map((silence): Silence => ({ ...silence, endedAt: now }));
  for (const silence of over)
    events.push(silenceEvent("silence.ended", silence, now, { because: "the release has ended" }));
  const names = round.rules.filter(({ rule }) => rule.duringRelease === "mute").map(({ rule }) => rule.name);
  if (release === undefined || names.length === 0 || release.muteOver === true) return over;
  if (own.some(({ source }) => source.id === release.id)) return over;
  const endsAt = release.startedAt + settings.mute_at_most;
  if (endsAt <= now) return over;
  const mute: Silence = {
    id: muteIdOf(release.id),
    service,
    environment,
    matchers: [{ label: "rule", operator: "=~", value: names.join("|") }],
    comment: `release ${release.id} is under way`,
    source: { kind: "release", id: release.id },
    startsAt: now,
    endsAt,
  };
  events.push(silenceEvent("silence.added", mute, now, { comment: mute.comment }));
  return [...over, mute];
}

/** Notes silences that have ended, and reminds of those that are about to while something still fires under them. */
export function endSilences(
  round: Round,
  index: SilenceIndex,
  all: readonly Silence[],
  firing: readonly Alert[],
  changed: Silence[],
  events: LedgerEvent[],
  notices: AlertNotice[],
): void {
  const { now, settings } = round;
  const changedBefore = new Set(changed.map(({ id }) => id));
  let found: ReadonlyMap<string, Alert[]> | undefined;
  for (const silence of all) {
    if (silence.endedAt !== undefined || changedBefore.has(silence.id)) continue;
    if (silence.endsAt <= now) {
      changed.push({ ...silence, endedAt: now });
      events.push(silenceEvent("silence.ended", silence, now, { because: "its time was up" }));
      continue;
    }
    const lead = Math.min(settings.silence_reminder, (silence.endsAt - silence.startsAt) / 2);
    const dueSince = silence.endsAt - lead;
    if (
      silence.source.kind !== "person" ||
      silence.remindedAt !== undefined ||
      now < dueSince ||
      !inForce(silence, now)
    )
      continue;
    found ??= bySilence(index, firing, now);
    const under = found.get(silence.id);
    if (under === undefined) continue;
    const reminded: Silence = { ...silence, remindedAt: now };
    changed.push(reminded);
    events.push(silenceEvent("silence.reminded", silence, now, { firing: under.map(({ id }) => id) }));
    const severity = loudest(under);
    for (const channel of round.channelsOf("slack_notification", severity))
      notices.push({
        key: `${silence.id}/reminder/${silence.endsAt}/${channel}`,
        service: silence.service,
        environment: silence.environment,
        channel,
        text: reminderText(silence, under, now),
        dueAt: now,
        severity,
        title: `A silence ends in ${formatDuration(Math.max(1_000, Math.round((silence.endsAt - now) / 1_000) * 1_000))}`,
      });
  }
}

/** The alerts that each silence keeps quiet, by its id. */
function bySilence(index: SilenceIndex, firing: readonly Alert[], now: number): Map<string, Alert[]> {
  const found = new Map<string, Alert[]>();
  for (const alert of firing) {
    const silence = silencedBy(index, alert.labels, now);
    if (silence === undefined) continue;
    const list = found.get(silence.id);
    if (list === undefined) found.set(silence.id, [alert]);
    else list.push(alert);
  }
  return found;
}

/** What the ledger is told of a silence. */
export function silenceEvent(
  kind: string,
  silence: Silence,
  at: number,
  data: { [key: string]: Json | undefined },
  by: Actor = actor,
): LedgerEvent {
  return {
    key: `${silence.id}/${kind}/${silence.endsAt}`,
    kind,
    at,
    actor: by,
    service: silence.service,
    environment: silence.environment,
    ...(silence.source.kind === "release" ? { release: silence.source.id } : {}),
    data: { silence: silence.id, matchers: silence.matchers, endsAt: silence.endsAt, ...data },
  };
}
