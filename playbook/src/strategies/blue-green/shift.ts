import type { Candidate } from "../ports.js";
import type { ReleaseRun } from "../run.js";
import { shiftAll } from "../standard/shift.js";

/** Warms green by requests to its own address, then moves all traffic at once. Blue stays as it is. */
export async function switchToGreen(
  run: ReleaseRun,
  green: Candidate,
  blue: Candidate | undefined,
  onMoving: () => void,
): Promise<string[]> {
  await warm(run, green);
  return shiftAll(run, green, blue, onMoving);
}

async function warm(run: ReleaseRun, green: Candidate): Promise<void> {
  const { world } = run;
  const { warm_up: requests } = world.settings["blue-green"];
  if (requests === 0) return;
  await run.act("warm green", `warming ${green.id}`, async (signal, tell) => {
    const times: number[] = [];
    for (let i = 0; i < requests; i++) {
      const { ms } = await world.touch(green.address, signal);
      times.push(Math.round(ms));
      await tell(`warming ${green.id}: ${i + 1} of ${requests} requests`, (i + 1) / requests);
    }
    await world.ledger.append([
      run.event("green.warmed", "green/warmed", {
        requests,
        firstMs: times[0] ?? null,
        lastMs: times.at(-1) ?? null,
      }),
    ]);
  });
}

/** Asks blue, so that it stays warm, and tells when it no longer answers: then the way back is not what it was. */
export async function keepBlueWarm(
  run: ReleaseRun,
  blue: Candidate | undefined,
  look: number,
  signal: AbortSignal,
): Promise<void> {
  if (blue === undefined) return;
  const touched = await run.world.touch(blue.address, signal);
  if (touched.ok) return;
  await run.world.ledger.append([
    run.event("blue.not-answering", `blue/not-answering/${look}`, { blue: blue.id, saw: touched.saw }),
  ]);
}

/** Leaves blue to a flow of its own, which keeps it warm beyond this release and then retires it. */
export async function handOverBlue(
  run: ReleaseRun,
  green: Candidate,
  blue: Candidate | undefined,
): Promise<void> {
  if (blue === undefined || blue.id === green.id) return;
  const { service, environment, platform, playbook, folder, release } = run.order;
  const { retire: settings } = run.world.settings["blue-green"];
  await run.act(
    "hand over blue",
    `seeing to it that ${blue.id} stays warm`,
    async () => {
      await run.world.retire({
        release,
        service,
        environment,
        platform,
        playbook,
        folder,
        green: green.id,
        blue: { id: blue.id, address: blue.address },
        settings,
      });
      await run.world.ledger.append([
        run.event("blue.kept-warm", "blue/kept-warm", {
          blue: blue.id,
          forMs: settings.after,
          policy: settings.policy,
        }),
      ]);
      return null;
    },
    { attempts: 5 },
  );
}
