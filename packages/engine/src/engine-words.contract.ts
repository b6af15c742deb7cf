import { type Clock, type Engine, type FlowDefinition, Problem } from "@atoms/playbook";

// biome-ignore lint/suspicious/noExplicitAny: definitions of any input and result are kept side by side
export type Flows = FlowDefinition<any, any>[];

/** A place where flows are written down, and engines that are opened on it one after the other. */
export interface EngineFixture {
  /** Opens an engine on the same journal as the ones before. @param clock Default: the machine's. */
  open(flows: Flows, clock?: Clock): Promise<Engine>;
  /** Throws the journal away. */
  close(): Promise<void>;
}

export const refusal = new Problem({
  code: "ATM-999",
  title: "Refused",
  happened: "It was refused.",
  stillTrue: "Traffic is where it was.",
  fix: "Ask again.",
  ending: "refused",
});

export function flow<I, O>(name: string, run: FlowDefinition<I, O>["run"]): FlowDefinition<I, O> {
  return { name, version: 1, run };
}

export function pause(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}

export function cancelled(signal: AbortSignal): Promise<never> {
  return new Promise((_, reject) => {
    signal.addEventListener("abort", () => reject(signal.reason), { once: true });
  });
}

export async function until(holds: () => boolean | Promise<boolean>): Promise<void> {
  const end = performance.now() + 15_000;
  while (!(await holds())) {
    if (performance.now() > end) throw new Error("it did not come to hold within 15 s");
    await pause(5);
  }
}
