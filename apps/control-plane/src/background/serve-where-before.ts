import { readFileSync } from "node:fs";
import { join } from "node:path";
import type { ControlPlane, PlaybookRef } from "../control-plane.js";
import { serveControlPlane } from "../session.js";
import { writeAtomically } from "../workspace/write-atomically.js";

/**
 * Serves the API at the port of the last time, if it is free: addresses of it stand in crontabs and in messages. Otherwise
 * at any that is.
 */
export async function serveWhereBefore(
  plane: ControlPlane,
  own: PlaybookRef,
): ReturnType<typeof serveControlPlane> {
  const path = join(plane.places.home, "port");
  const served = await serveControlPlane(plane, own, portIn(path)).catch((error: NodeJS.ErrnoException) => {
    if (error.code !== "EADDRINUSE" && error.code !== "EACCES") throw error;
    return serveControlPlane(plane, own, 0);
  });
  await writeAtomically(path, new URL(served.url).port, 0o600);
  return served;
}

function portIn(path: string): number {
  try {
    const port = Number(readFileSync(path, "utf8").trim());
    return Number.isInteger(port) && port > 1_023 && port < 65_536 ? port : 0;
  } catch {
    return 0;
  }
}
