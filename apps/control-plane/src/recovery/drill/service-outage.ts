import { drillFailed, noRegionToDrill } from "@atoms/playbook";
import { recoverOutage } from "../../verbs/recovery-outage.js";
import type { DrillScenario } from "./scenario.js";
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
 * The region that the service runs in is taken down: nothing answers from there, the platform's interface does.
 * `atoms recover service_outage` has to judge it right, and to have the service answer from another region.
 */
export const serviceOutageDrill: DrillScenario = {
  check(open) {
    if (open.settings.recovery.service_outage.regions.length === 0)
      throw noRegionToDrill({ service: open.service });
  },
  additions: () => ({ sections: { recovery: { service_outage: { regions: [elsewhere] } } } }),
  async rehearse(stage, tell) {
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
    return {
      rtoMs,
      noticedMs,
      recoveryMs,
      hosts,
      found: [
        "the region was out, which the recovery found by itself",
        "the same artefact serves from another one",
      ],
    };
  },
};
