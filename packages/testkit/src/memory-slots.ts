import type { SlotStore } from "@atoms/playbook";

/**
 * Time slots in memory, for tests.
 * @param now The store's own clock, in milliseconds since the epoch.
 */
export function memorySlots(now: () => number = Date.now): SlotStore {
  const last = new Map<string, number>();
  return {
    async claim(names, slot, _worker) {
      const free = (name: string) => {
        const standing = last.get(name) ?? Number.NEGATIVE_INFINITY;
        return standing < slot || (standing > slot && standing > now() + 60_000);
      };
      const claimed = [...new Set(names)].filter(free);
      for (const name of claimed) last.set(name, slot);
      return claimed;
    },
    async prune(before) {
      for (const [name, slot] of last) if (slot < before) last.delete(name);
    },
  };
}
