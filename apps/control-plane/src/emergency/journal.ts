import { createHash } from "node:crypto";
import {
  appendFileSync,
  closeSync,
  existsSync,
  fstatSync,
  fsyncSync,
  openSync,
  readFileSync,
  readSync,
  statSync,
  writeSync,
} from "node:fs";
import { join } from "node:path";
import {
  atomsItself,
  type Clock,
  type JournalLine,
  type JournalReading,
  journalText,
  readJournal,
} from "@atoms/playbook";
import type { Store } from "@atoms/store";
import { makePlaces, type Places } from "../places.js";
import { writeAtomically } from "../workspace/write-atomically.js";
import { takeOverDoors } from "./take-over.js";

const fileOf = ({ home }: Places) => join(home, "emergency-journal.ndjson");
/** How much of the journal is in the ledger, in bytes. */
const joinedOf = ({ home }: Places) => join(home, "emergency-journal.joined");
/** Lines of it that could not be read. */
const asideOf = ({ home }: Places) => join(home, "emergency-journal.damaged");

/** A last line without its end is waited for this long, in milliseconds: somebody may be writing it. */
const tornAfterMs = 5_000;

/**
 * Writes acts to the journal, to the disk, before it returns. One writing for all of them, behind whatever is there; a line that
 * a crash has cut off does not spoil them.
 * @throws As the disk does.
 */
export function appendToJournal(places: Places, acts: readonly JournalLine[]): void {
  makePlaces(places);
  const file = openSync(fileOf(places), "a+", 0o600);
  try {
    const { size } = fstatSync(file);
    const last = Buffer.alloc(1);
    const whole = size === 0 || (readSync(file, last, 0, 1, size - 1) === 1 && last[0] === 10);
    writeSync(file, (whole ? "" : "\n") + acts.map(journalText).join(""));
    fsyncSync(file);
  } finally {
    closeSync(file);
  }
}

/** What of the journal is not in the ledger yet. */
export function waitingInJournal(places: Places): JournalReading {
  if (!existsSync(fileOf(places))) return { acts: [], damaged: [] };
  return readJournal(readFileSync(fileOf(places)).subarray(joinedBytes(places)).toString("utf8"));
}

/** Where an earlier joining ended. A journal that has become shorter is another one, and is read from its beginning. */
function joinedBytes(places: Places): number {
  try {
    const { bytes } = JSON.parse(readFileSync(joinedOf(places), "utf8")) as { bytes?: unknown };
    const size = statSync(fileOf(places)).size;
    return typeof bytes === "number" && bytes >= 0 && bytes <= size ? bytes : 0;
  } catch {
    return 0;
  }
}

/** Brings the journal into the ledger. */
export interface JournalJoiner {
  /** Quick when there is nothing new. Never fails: what could not be written down stays in the journal. */
  join(store: Store): Promise<void>;
}

/**
 * Makes the joiner of one process. What it joins is told by its key, so that several may join at once, and a crash in the
 * middle does no harm: the mark of how far it got is written last.
 */
export function journalJoiner(
  places: Places,
  world: {
    clock: Clock;
    /** Told in a sentence what was joined, and what could not be read. */
    tell: (line: string) => void;
    onError: (error: unknown) => void;
  },
): JournalJoiner {
  let seen = -1;
  let again = 0;
  let joining: Promise<void> | undefined;
  return {
    async join(store) {
      const size = statSync(fileOf(places), { throwIfNoEntry: false })?.size;
      if (size === undefined || size === seen || world.clock.monotonic() < again) return;
      joining ??= joinOnce(places, store, world)
        .then(
          (all) => {
            if (all) seen = size;
          },
          (error: unknown) => {
            again = world.clock.monotonic() + 1_000;
            world.onError(error);
          },
        )
        .finally(() => {
          joining = undefined;
        });
      await joining;
    },
  };
}

/** @returns whether all that was there is joined. */
async function joinOnce(
  places: Places,
  store: Store,
  { clock, tell }: Parameters<typeof journalJoiner>[1],
): Promise<boolean> {
  const from = joinedBytes(places);
  const bytes = readFileSync(fileOf(places)).subarray(from);
  const old = clock.now() - statSync(fileOf(places)).mtimeMs > tornAfterMs;
  const end = old ? bytes.length : bytes.lastIndexOf(10) + 1;
  if (end === 0) return bytes.length === 0;
  const { acts, damaged } = readJournal(bytes.subarray(0, end).toString("utf8"));
  for (const act of acts) await take(store, act);
  await takeOverDoors(store, acts);
  if (damaged.length > 0) await setAside(places, store, damaged, acts[0], clock.now());
  await writeAtomically(joinedOf(places), JSON.stringify({ bytes: from + end }), 0o600);
  if (acts.length > 0)
    tell(`${acts.length} acts of an emergency, done while the store was away, have joined the ledger.`);
  if (damaged.length > 0)
    tell(
      `${damaged.length} lines of the emergency's journal could not be read; they are kept in ${asideOf(places)}.`,
    );
  return end === bytes.length;
}

/** Writes one act down, with what follows from it. */
async function take({ ledger, releases }: Store, act: JournalLine): Promise<void> {
  const { to, from, address, version } = act.data;
  const moves = ["rollback.verified", "restart.verified"].includes(act.kind);
  if (!moves || typeof to !== "string" || typeof address !== "string") {
    await ledger.append([act]);
    return;
  }
  const { service, environment, at } = act;
  const proven = await releases.proven(service, environment, 100);
  // Run anew, an artefact is as good as it was known to be.
  if (
    act.kind === "restart.verified" &&
    !proven.some(({ deployment }) => deployment === from || deployment === to)
  ) {
    await ledger.append([act]);
    return;
  }
  // Unless it was proven again since: then that is the later word.
  if (typeof from === "string" && !proven.some((one) => one.deployment === from && one.at > at))
    await releases.disprove(service, environment, from);
  if (proven.some((one) => one.deployment === to && one.at >= at)) await ledger.append([act]);
  else
    await releases.prove(
      { service, environment, deployment: to, address, version: String(version ?? "unknown"), at },
      [act],
    );
}

/** Keeps damaged lines where people can look at them, and says in the ledger that there were some. */
async function setAside(
  places: Places,
  { ledger }: Store,
  damaged: JournalReading["damaged"],
  beside: JournalLine | undefined,
  at: number,
): Promise<void> {
  const known = existsSync(asideOf(places)) ? readFileSync(asideOf(places), "utf8").split("\n") : [];
  const fresh = damaged.filter(({ text }) => !known.includes(text));
  if (fresh.length > 0)
    appendFileSync(asideOf(places), fresh.map(({ text }) => `${text}\n`).join(""), { mode: 0o600 });
  await ledger.append(
    damaged.map(({ text }) => {
      const digest = createHash("sha256").update(text).digest("hex");
      return {
        key: `journal/${digest}`,
        kind: "emergency.line-damaged",
        at,
        actor: atomsItself,
        service: beside?.service ?? "*",
        environment: beside?.environment ?? "*",
        data: { bytes: Buffer.byteLength(text), sha256: digest },
      };
    }),
  );
}
