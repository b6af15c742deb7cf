// The control plane as a background process: started by `atoms up`, ended by SIGTERM. It goes on with every release
// that was interrupted, serves the API, delivers notices when they are due, runs the monitors of the playbook, and
// evaluates its alerts.
import { systemClock } from "@atoms/engine";
import { isProblem } from "@atoms/playbook";
import { runAlerts } from "../alerts/index.js";
import { keepBackingUp } from "../backups/index.js";
import { keepTellingChecks } from "../builds/index.js";
import type { PlaybookRef } from "../control-plane.js";
import { findPlaybook } from "../find-playbook.js";
import { keepReadingPins, startLostIncidents } from "../incidents/index.js";
import { goOnWithAllLost, keepMaintaining } from "../maintenance/index.js";
import { runMonitors } from "../monitoring/index.js";
import { startLostPages } from "../on-call/index.js";
import { openControlPlane } from "../open-control-plane.js";
import { makePlaces, placesOf } from "../places.js";
import { keepDrilling } from "../recovery/drill/index.js";
import { processFileOf } from "../session.js";
import { whenForgotten } from "./process-file.js";
import { serveWhereBefore } from "./serve-where-before.js";

const [, , root, playbook, platform] = process.argv;
if (root === undefined)
  throw new Error("usage: run-control-plane <folder of the playbook> [playbook] [platform]");
const ref: PlaybookRef = {
  playbook: playbook ?? findPlaybook(root, undefined),
  ...(platform === "local" || platform === "vercel" ? { platform } : {}),
};
const places = placesOf(root);
makePlaces(places);
const plane = await openControlPlane({ places, env: process.env, kind: "background" });
// Says where notices go. One that can't be read now is read by whatever asks next; notices wait for that.
try {
  await plane.open({ playbook: ref.playbook });
} catch (problem) {
  if (!isProblem(problem)) throw problem;
  console.log(JSON.stringify({ at: new Date(systemClock.now()).toISOString(), event: "playbook", problem }));
}
const engine = await plane.engine();
const resumed = await engine.resume();
await startLostPages(plane);
await startLostIncidents(plane);
await goOnWithAllLost(plane).catch((error: unknown) => plane.reportBug("going on with maintenance", error));
const served = await serveWhereBefore(plane, ref);
console.log(
  JSON.stringify({
    at: new Date(systemClock.now()).toISOString(),
    event: "listening",
    url: served.url,
    resumed,
  }),
);

// What the monitors have in hand is kept, and the last change of an alert written, before the store closes.
const watching = new AbortController();
const watched = Promise.all([
  runMonitors(plane, ref, watching.signal).catch((error: unknown) =>
    plane.reportBug("running the monitors", error),
  ),
  runAlerts(plane, ref, watching.signal).catch((error: unknown) =>
    plane.reportBug("evaluating alerts", error),
  ),
  keepBackingUp(plane, ref, watching.signal),
  keepMaintaining(plane, ref, watching.signal),
  keepDrilling(plane, ref, watching.signal),
  keepReadingPins(plane, watching.signal),
  keepTellingChecks(plane, ref, watching.signal),
]);

let ending = false;
const end = () => {
  if (ending) return;
  ending = true;
  watching.abort(new Error("the control plane is closing"));
  watched
    .then(() => served.close())
    .then(() => plane.close())
    .then(
      () => process.exit(0),
      (error: unknown) => {
        plane.reportBug("closing", error);
        process.exit(1);
      },
    );
};
process.on("SIGTERM", end);
process.on("SIGINT", end);
whenForgotten(processFileOf(places), end);
