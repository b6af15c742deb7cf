import { existsSync, mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";

/** Where Atoms keeps things: one folder beside the playbook, private to its owner. */
export type Places = {
  /** The folder that holds the playbook; relative paths in it start here. */
  root: string;
  /** `.atoms` in it. */
  home: string;
  /** The embedded store. */
  store: string;
  /** Source snapshots: bytes by digest, and file lists by digest. */
  blobs: string;
  snapshots: string;
  /** The local cloud's own folder. */
  cloud: string;
  /** Keys that Atoms made because none were configured. */
  keys: string;
  /** Who is running: one JSON file per background process, readable by the owner alone. */
  run: string;
  logs: string;
  /** `deployments/<version>.json`, beside the playbook, meant to be committed. */
  records: string;
};

/** Names the folders for a playbook's folder; makes none. */
export function placesOf(root: string): Places {
  const home = join(root, ".atoms");
  return {
    root,
    home,
    store: join(home, "store"),
    blobs: join(home, "blobs"),
    snapshots: join(home, "snapshots"),
    cloud: join(home, "cloud"),
    keys: join(home, "keys"),
    run: join(home, "run"),
    logs: join(home, "logs"),
    records: join(root, "deployments"),
  };
}

/** Makes the folders of `.atoms`, private to the owner, and kept out of git: keys and tokens are in it. */
export function makePlaces(places: Places): void {
  for (const folder of [places.home, places.blobs, places.snapshots, places.keys, places.run, places.logs]) {
    mkdirSync(folder, { recursive: true, mode: 0o700 });
  }
  const ignore = join(places.home, ".gitignore");
  if (!existsSync(ignore)) writeFileSync(ignore, "*\n");
}
