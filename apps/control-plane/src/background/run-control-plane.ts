// The control plane as a background process: started by `atoms up`, ended by SIGTERM. It goes on with every release
// that was interrupted, serves the API, and delivers notices when they are due.
import { systemClock } from "@atoms/engine";
import { endIfLost } from "../lost-release.js";
import { openControlPlane } from "../open-control-plane.js";
import { makePlaces, placesOf } from "../places.js";
import { processFileOf, serveControlPlane } from "../session.js";
import { whenForgotten } from "./process-file.js";

const root = process.argv[2];
if (root === undefined) throw new Error("usage: run-control-plane <folder of the playbook>");
const places = placesOf(root);
makePlaces(places);
const plane = await openControlPlane({ places, env: process.env, kind: "background" });
const engine = await plane.engine();
const resumed = await engine.resume();
const { releases } = await plane.store();
for (const release of await releases.list({ state: "running", limit: 100 })) await endIfLost(plane, release);
const served = await serveControlPlane(plane, 0);
console.log(
  JSON.stringify({
    at: new Date(systemClock.now()).toISOString(),
    event: "listening",
    url: served.url,
    resumed,
  }),
);

let ending = false;
const end = () => {
  if (ending) return;
  ending = true;
  served
    .close()
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
