import { memoryEngine, memoryJournal } from "@atoms/engine";
import type { fakeClock, memoryLedger, memoryReleases } from "@atoms/testkit";
import { openedRelease } from "./strategies/index.js";
import type { FlowDefinition, OperationOrder } from "./terms/index.js";

/** An operation of a test, on engines in memory that share a journal: a second one goes on where the first has died. */
export function operationEngine<O extends OperationOrder, R>(
  flow: FlowDefinition<O, R>,
  order: O,
  {
    clock,
    ledger,
    releases,
  }: {
    clock: ReturnType<typeof fakeClock>;
    ledger: ReturnType<typeof memoryLedger>;
    releases: ReturnType<typeof memoryReleases>;
  },
) {
  const journal = memoryJournal();
  const engine = () => memoryEngine({ clock, random: () => 0, flows: [flow], journal });
  const running = engine();
  const start = async () => {
    await releases.open(
      openedRelease(order, { strategy: "recovery", version: "v2", phase: "preflight", source: "" }),
      [],
    );
    await running.start(flow, order.release, order);
  };
  const result = (of = running) => clock.runUntil(of.result<{ state: string }>(order.release, 86_400_000));
  const entries = () => ledger.read({ limit: 1_000 });
  const keys = async () => (await entries()).map(({ key }) => key);
  return { engine, running, start, result, entries, keys };
}
