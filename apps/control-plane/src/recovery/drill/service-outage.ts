import { drillFailed, noMoveToDrill } from "@atoms/playbook";
import { recoverOutage } from "../../verbs/recovery-outage.js";
import { rehearseNameChange } from "./name-change.js";
import type { DrillScenario, Stage } from "./scenario.js";
import {
  drillActor,
  mainUrls,
  proveRecovered,
  seconds,
  stopwatch,
  untilNoticed,
  untilReleased,
} from "./steps.js";

/** Where every deployment of a stage runs at first, and where the recovery has to move it. All of them are this machine. */
const home = "local";
const elsewhere = "fra1";

/**
 * Both ways out of an outage that the playbook has. The region that the service runs in is taken down, and the recovery has to have it
 * answer from another one; then the whole platform is, and it has to lead users' name to the standby, and back.
 */
export const serviceOutageDrill: DrillScenario = {
  check(open) {
    const { regions, standby } = open.settings.recovery.service_outage;
    if (regions.length === 0 && standby === undefined) throw noMoveToDrill({ service: open.service });
  },
  additions(open) {
    const { regions, standby } = open.settings.recovery.service_outage;
    return {
      sections: { recovery: { service_outage: { regions: regions.length === 0 ? [] : [elsewhere] } } },
      ...(standby === undefined ? {} : { standby: standby.proof }),
    };
  },
  async rehearse(stage, tell) {
    const { plane, order } = stage;
    const { settings } = await plane.open({ playbook: order.playbook });
    const moved =
      settings.recovery.service_outage.regions.length === 0 ? undefined : await moveRegion(stage, tell);
    const led = order.standby === undefined ? undefined : await rehearseNameChange(stage, tell);
    // The target holds for either way: the slower one is what is measured by it.
    const [slower] = [moved, led].filter((one) => one !== undefined).sort((a, b) => b.rtoMs - a.rtoMs);
    if (slower === undefined) throw new Error("a drill without a way out");
    const { rtoMs, noticedMs, recoveryMs, hosts } = slower;
    return {
      rtoMs,
      noticedMs,
      recoveryMs,
      hosts,
      found: [
        ...(moved === undefined
          ? []
          : [
              "the region was out, which the recovery found by itself",
              `the same artefact serves from another one, after ${seconds(moved.rtoMs)}`,
            ]),
        ...(led === undefined
          ? []
          : [
              `the platform was out: users' name led to the standby after ${seconds(led.rtoMs)}, and back in ${seconds(led.backMs)} once it was there again`,
              "what resolvers remember of the name comes on top of that: its TTL",
            ]),
      ],
    };
  },
};

/** The region is out: nothing answers from there, the platform's interface does. */
async function moveRegion(stage: Stage, tell: (doing: string) => void) {
  const { plane, order, platform, signal } = stage;
  tell("taking the region of the service down");
  await stage.loseRegion(home);
  const since = stopwatch(stage);
  await untilNoticed(stage, "the service");
  const noticedMs = since();

  tell(`nothing answers after ${seconds(noticedMs)}; recovering as in earnest`);
  const asked = recoverOutage.input.parse({ playbook: order.playbook, confirm: order.scenario });
  await untilReleased(stage, await recoverOutage.run(plane, asked, drillActor));
  const recoveryMs = since() - noticedMs;
  const { hosts } = await proveRecovered(stage, mainUrls(stage));
  const rtoMs = since();
  const { deployment } = await platform.production(signal);
  const runsIn = deployment?.regions ?? [];
  if (runsIn.length !== 1 || runsIn[0] !== elsewhere)
    throw drillFailed({
      because: `The recovery said that it was done, and production is served from ${runsIn.join(", ") || "nowhere"}.`,
    });
  tell(`well again after ${seconds(rtoMs)}, from another region`);
  return { rtoMs, noticedMs, recoveryMs, hosts };
}
