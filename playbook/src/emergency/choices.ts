import { formatDuration } from "../terms/index.js";
import {
  type Culprit,
  type EmergencyAct,
  type EmergencyChoice,
  type EmergencySight,
  type EmergencyWayBack,
  emergencyActs,
  seenOf,
} from "./model.js";

/** What this Atoms can do by itself; an act that it can't is not offered. */
export type EmergencyMeans = Partial<Record<EmergencyAct, true>>;

/** The acts that are offered, with the seed's numbers, each with what it would do now or why it can't. */
export function choicesFor(
  sight: EmergencySight,
  found: { culprit: Culprit; wayBack: EmergencyWayBack; store: "reached" | "away" },
  means: EmergencyMeans,
): EmergencyChoice[] {
  return emergencyActs.flatMap((act, at) => {
    if (means[act] !== true) return [];
    const offer = offers[act](sight, found);
    if (offer === undefined) return [];
    return [
      {
        number: at + 1,
        act,
        title: titles[act],
        ...offer,
        advised: "does" in offer && found.culprit.advice === act,
      },
    ];
  });
}

const titles: Record<EmergencyAct, string> = {
  rollback: "Immediate rollback",
  scale: "Scale",
  maintenance: "Maintenance",
  restart: "Full restart",
  escalate: "Escalate",
  freeze: "Freeze deploys",
  unfreeze: "Lift the freeze",
  reopen: "Open the door",
};

type Found = { wayBack: EmergencyWayBack; store: "reached" | "away" };
type Offer = { does: string } | { not: string };

const offers: Record<EmergencyAct, (sight: EmergencySight, found: Found) => Offer | undefined> = {
  rollback(sight, { wayBack, store }) {
    const running = seenOf(sight.releases)?.running;
    if (store === "reached" && running !== undefined && running.strategy !== "rollback")
      return {
        does: `end the release ${running.version} that is under way; traffic goes back to ${running.previous?.id ?? "where it was"}`,
      };
    if ("none" in wayBack)
      return {
        not: `${wayBack.none}${wayBack.ready.length === 0 ? "" : `; ready, but not proven: ${wayBack.ready.join(", ")} (\`--to\`)`}`,
      };
    const { to, version, provenAt } = wayBack;
    const proven =
      provenAt === undefined ? "" : `, proven good ${formatDuration(round(sight.at - provenAt))} ago`;
    return { does: `point production back at ${to}${version === undefined ? "" : ` (${version})`}${proven}` };
  },
  scale: ({ platform }) =>
    platform === "local"
      ? { does: "run production in one more process (`--instances` for how many)" }
      : { not: `${platform} scales by itself: there is nothing to turn up` },
  maintenance({ door }, { store }) {
    if (door.is === "dead") return { not: `the flag that closes the door cannot be read: ${door.because}` };
    if (door.value.is === "no flag") return { not: door.value.because };
    if (door.value.is === "closed")
      return { not: `closed already${door.value.because === undefined ? "" : `: ${door.value.because}`}` };
    return {
      does: `close the door for users by the service's flag, proven on every host${store === "reached" ? "; it is lifted when its time is up" : "; nobody lifts it by itself while the store is away"}`,
    };
  },
  restart(sight, { store }) {
    const running = seenOf(sight.releases)?.running;
    if (store === "reached" && running !== undefined)
      return { not: `the ${running.strategy} release ${running.version} is under way` };
    const serving = seenOf(sight.production)?.deployment;
    return serving === undefined
      ? { not: "what production serves is not known" }
      : { does: `deploy the artefact of ${serving.id} anew, and move traffic to it when it is well` };
  },
  escalate: (_sight, { store }) => ({
    does:
      store === "reached"
        ? "page those who are on call, one after the other until somebody answers"
        : "say whom to call: nobody can be paged while the store is away",
  }),
  freeze(sight) {
    const standing = seenOf(sight.freeze);
    return standing === undefined || standing === null
      ? { does: "let no new release begin or move traffic until it is lifted; rollbacks always go" }
      : { not: `frozen already by ${standing.by.name}: ${standing.because}` };
  },
  unfreeze(sight) {
    const standing = seenOf(sight.freeze);
    return standing === undefined || standing === null
      ? undefined
      : { does: `let releases go again; ${standing.by.name} froze them: ${standing.because}` };
  },
  reopen({ door }) {
    const said = seenOf(door);
    return said?.is === "closed"
      ? { does: `let users in again${said.because === undefined ? "" : `; closed: ${said.because}`}` }
      : undefined;
  },
};

const round = (ms: number) => {
  const step = ms < 3_600_000 ? 1_000 : ms < 86_400_000 ? 60_000 : 3_600_000;
  return Math.max(1_000, Math.round(ms / step) * step);
};
