import type { ChannelMemory } from "@atoms/playbook";
import { expect, it } from "vitest";

/** Holds what channels remember to the words of its port. */
export function channelMemoryContract(name: string, fresh: () => Promise<ChannelMemory>): void {
  it(`channels remember what they put, and the last counts (${name})`, async () => {
    const memory = await fresh();
    expect(await memory.get("a")).toBeUndefined();
    await memory.put("a", "1");
    await memory.put("b", "x");
    await memory.put("a", "2");
    expect(await memory.get("a")).toBe("2");
    expect(await memory.get("b")).toBe("x");
  });
}
