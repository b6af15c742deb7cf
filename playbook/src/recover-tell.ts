import type { RecoveryNotice } from "./recovery/index.js";
import type { Flow } from "./terms/index.js";

/** Tells people of a recovery, once for each name. */
export async function tellOfRecovery(
  { flow, world }: { flow: Pick<Flow, "step">; world: { tell(notice: RecoveryNotice): Promise<void> } },
  name: string,
  over: RecoveryNotice["over"],
  text: string,
): Promise<void> {
  await flow.step(`tell people: ${name}`, () => world.tell({ name, text, over }), { attempts: 5 });
}
