import type { OutageProgress, OutageRun } from "./recover-outage-end.js";
import {
  type DnsChange,
  type DnsRecord,
  dnsRefused,
  notSeenOutside,
  type OutageFacts,
  type OutageMove,
  outsideSeen,
  recordsOfOthers,
  recordWords,
  resolversKeep,
  sameRecords,
  standbyIll,
  stillOut,
} from "./recovery/index.js";
import { Stop } from "./strategies/run.js";
import { healthSeen, isInterruption, type Problem } from "./terms/index.js";

/** Proves the standby well, and leads the name to it. */
export async function moveToStandby(
  run: OutageRun,
  progress: OutageProgress,
  facts: OutageFacts,
): Promise<void> {
  const { deadlines, standby } = run.world.settings;
  if (standby === undefined) throw new Error("a way to a standby that the playbook lacks");
  progress.left = ["leading users to the standby", "proving it from outside"];
  await run.inPhase("validate", deadlines.settle + 60_000, async () => {
    await proven(run, "standby", (saw) => standbyIll({ url: standby.url, saw }));
    progress.done.push(`the standby is well at ${standby.url}`);
  });
  await changeTo(run, progress, { name: standby.name, was: recordsSeen(facts), to: standby.records });
  progress.afterwards.push(
    "When the outage is over: `atoms recover service_outage --back`. Until then a release changes what the platform serves, which users do not see.",
  );
}

/** Proves what the platform serves well, and leads the name back to it. @param told Tells people that it is over. */
export async function takeRecordsBack(
  run: OutageRun,
  progress: OutageProgress,
  { name, was, to, release }: OutageMove & { of: "records" },
  told: () => Promise<void>,
): Promise<void> {
  progress.left = [`leading ${name} back to ${recordWords(was)}`, "proving it from outside"];
  await run.inPhase("validate", run.world.settings.deadlines.settle + 60_000, async () => {
    await proven(run, "platform", (saw) => stillOut({ saw }));
    progress.done.push("what the platform serves is well at its own address");
  });
  await told();
  await changeTo(run, progress, { name, was: to, to: was, back: release });
}

/** What the look saw, which is what a change is compared with. @throws Stop when it could not be read. */
function recordsSeen({ name }: OutageFacts): DnsRecord[] {
  if (name?.read === true) return name.records;
  const { where = "the records", because = "they were not read" } = name ?? {};
  throw new Stop("failed", dnsRefused({ where, because }).toJSON());
}

async function proven(
  run: OutageRun,
  which: "standby" | "platform",
  problem: (saw: string) => Problem,
): Promise<void> {
  const proof = await run.act(
    `prove the ${which}`,
    `waiting until the ${which === "standby" ? "standby" : "service"} says that it is well`,
    (signal) => run.world.proveWell(which, signal),
    { attempts: 3 },
  );
  if (!proof.proven) throw new Stop("failed", problem(healthSeen(proof.hosts)).toJSON());
}

/** Changes the records where nobody else did, and proves it from outside. What they were is written down before. */
async function changeTo(
  run: OutageRun,
  progress: OutageProgress,
  change: { name: string; was: DnsRecord[]; to: DnsRecord[]; back?: string },
): Promise<void> {
  const { world } = run;
  const { name, was, to, back } = change;
  const { shift, settle } = world.settings.deadlines;
  await run.inPhase("shift", shift, async () => {
    // Led there by an earlier try: what that one wrote down is the way back.
    if (!sameRecords(was, to))
      await run.change("write down the intent to move", {}, () => [
        back === undefined
          ? run.event("outage.moving", "outage/moving/records", { of: "records", name, was, to })
          : run.event("outage.returning", "outage/returning", { name, was, to, of: back }),
      ]);
    progress.moving = true;
    const came = await changeRecords(run, progress, { name, was, to });
    if (came.is === "other") {
      progress.moving = false;
      const facts = { name, wanted: recordWords(was), found: recordWords(came.found) };
      throw new Stop("failed", recordsOfOthers(facts).toJSON());
    }
    progress.done.push(
      came.is === "changed"
        ? `${name} was changed from ${recordWords(was)} to ${recordWords(to)}`
        : `${name} leads to ${recordWords(to)} already`,
    );
    progress.left.shift();
    await run.change("write down the move", {}, () => [
      run.event("outage.moved", "outage/moved", { name, was, to, is: came.is }),
    ]);
  });
  await run.inPhase("finish", settle + 60_000, async () => {
    const proof = await run.act(
      "verify from outside",
      "asking name servers, and the service through its name",
      (signal) => world.verifyOutside(to, signal),
      { attempts: 3 },
    );
    await run.change("write down what was seen outside", {}, () => [
      run.event("outage.outside", "outage/outside", { name, ...proof }),
    ]);
    if (!proof.proven) throw new Stop("failed", notSeenOutside({ name, saw: outsideSeen(proof) }).toJSON());
    progress.done.push("the name servers say so, and the service is well through its name");
    progress.left = [];
    progress.afterwards.push(...resolversKeep(was, proof));
  });
}

/** As the provider does it; after a refusal it is looked whether the change was made all the same. */
async function changeRecords(
  run: OutageRun,
  progress: OutageProgress,
  { name, was, to }: { name: string; was: DnsRecord[]; to: DnsRecord[] },
): Promise<DnsChange> {
  const { world, order } = run;
  try {
    return await run.act(
      "change the records",
      `changing ${name} to ${recordWords(to)}`,
      (signal) => world.changeRecords({ name, was, to, key: order.release }, signal),
      { attempts: 2, abortable: false },
    );
  } catch (error) {
    if (isInterruption(error)) throw error;
    const now = await run.flow.step("read the records after a refusal", async (signal) => {
      const found = await world.readRecords(name, signal).catch(() => null);
      signal.throwIfAborted();
      return { found };
    });
    if (now.found !== null && sameRecords(now.found, to) && !sameRecords(was, to)) return { is: "changed" };
    progress.moving = now.found === null || !sameRecords(now.found, was);
    throw error;
  }
}
