import { type Flow, isInterruption, type ReleaseState } from "../terms/index.js";
import type { ReleaseWorld } from "./ports.js";

/**
 * Opens the incident of a release that was taken back, where the playbook wants one. A release ends as it ends, whatever
 * becomes of that.
 * @param of.title What it was, e.g. "release v2".
 */
export async function openItsIncident(
  flow: Flow,
  world: ReleaseWorld,
  of: { state: ReleaseState; because: string; title: string },
): Promise<void> {
  const { openIncident } = world;
  if (openIncident === undefined || (of.state !== "rolled back" && of.state !== "unsafe")) return;
  const unsafe = of.state === "unsafe";
  const title = unsafe
    ? `it is not proven what production serves: ${of.title}`
    : `production was taken back: ${of.title}`;
  try {
    await flow.step("open the incident", () => openIncident({ title, because: of.because, unsafe }), {
      attempts: 5,
    });
  } catch (error) {
    if (isInterruption(error)) throw error;
  }
}
