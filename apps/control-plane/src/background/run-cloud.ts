// The local cloud as a background process: started by `ensureCloud`, ended by SIGTERM. It writes how to reach it to
// the run folder once it can be reached, and removes that file when it ends.
import { join } from "node:path";
import { startLocalCloud } from "@atoms/local-cloud";
import { makePlaces, placesOf } from "../places.js";
import { removeProcessFile, whenForgotten, writeProcessFile } from "./process-file.js";

const root = process.argv[2];
if (root === undefined) throw new Error("usage: run-cloud <folder of the playbook>");
const places = placesOf(root);
makePlaces(places);
const cloud = await startLocalCloud({ folder: places.cloud });
const file = join(places.run, "cloud.json");
writeProcessFile(file, { api: cloud.apiUrl, edge: cloud.edgeUrl, token: cloud.token, team: cloud.team });

let ending = false;
const end = () => {
  if (ending) return;
  ending = true;
  removeProcessFile(file);
  cloud.close().then(
    () => process.exit(0),
    (error: unknown) => {
      console.error(error);
      process.exit(1);
    },
  );
};
process.on("SIGTERM", end);
process.on("SIGINT", end);
whenForgotten(file, end);
