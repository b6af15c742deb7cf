import { isProblem, type Release } from "@atoms/playbook";
import type { ControlPlane, PlaybookRef } from "../control-plane.js";

/**
 * The release under way in a playbook's environment. A playbook that was made unreadable while the release runs must
 * not keep anybody from ending it: then the store's only running release is meant.
 * @throws What is wrong with the playbook, when it leaves open which release is meant.
 */
export async function runningRelease(
  plane: ControlPlane,
  ref: PlaybookRef,
): Promise<{ running: Release | undefined; of: { service: string; environment: string } }> {
  const { releases } = await plane.store();
  try {
    const { service, environment } = await plane.open(ref);
    return { running: await releases.running(service, environment), of: { service, environment } };
  } catch (error) {
    if (!isProblem(error)) throw error;
    const [only, ...more] = await releases.list({ state: "running", limit: 2 });
    if (only === undefined || more.length > 0) throw error;
    return { running: only, of: only };
  }
}
