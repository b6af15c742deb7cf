/**
 * Remembers the last so many ids, each with a number. Bounded: when the newer half is full, the older half is let go.
 */
export class Seen {
  #newer = new Map<string, number>();
  #older = new Map<string, number>();

  /** @param capacity At least half of so many ids are remembered, at most all of them. */
  constructor(private readonly capacity: number) {}

  get(id: string): number | undefined {
    return this.#newer.get(id) ?? this.#older.get(id);
  }

  set(id: string, value: number): void {
    this.#newer.set(id, value);
    if (this.#newer.size * 2 < this.capacity) return;
    this.#older = this.#newer;
    this.#newer = new Map();
  }
}
