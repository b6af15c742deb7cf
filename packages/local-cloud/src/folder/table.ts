import type { Change, Journal } from "./journal.js";

/** Records of one kind, by id, in the order they were first written. */
export class Table<T extends { readonly id: string }> {
  readonly #rows = new Map<string, T>();

  constructor(
    readonly name: string,
    private readonly ledger: Transactions,
  ) {
    ledger.register(this);
  }

  get(id: string): T | undefined {
    return this.#rows.get(id);
  }

  get size(): number {
    return this.#rows.size;
  }

  all(): T[] {
    return [...this.#rows.values()];
  }

  find(test: (row: T) => boolean): T | undefined {
    for (const row of this.#rows.values()) if (test(row)) return row;
    return undefined;
  }

  filter(test: (row: T) => boolean): T[] {
    const found: T[] = [];
    for (const row of this.#rows.values()) if (test(row)) found.push(row);
    return found;
  }

  /** Writes the whole record. */
  put(row: T): T {
    this.ledger.change(this, row.id, row);
    return row;
  }

  /** Writes some members of an existing record; null when there is no such record. */
  patch(id: string, part: Partial<T>): T | null {
    const row = this.#rows.get(id);
    return row ? this.put({ ...row, ...part }) : null;
  }

  delete(id: string): void {
    if (this.#rows.has(id)) this.ledger.change(this, id, null);
  }

  /** Applies a change in memory only; the ledger calls it. */
  apply(id: string, value: T | null): T | null {
    const before = this.#rows.get(id) ?? null;
    if (value === null) this.#rows.delete(id);
    else this.#rows.set(id, value);
    return before;
  }
}

interface AnyTable {
  readonly name: string;
  apply(id: string, value: never): unknown;
  all(): { readonly id: string }[];
}

/** Groups changes to tables into transactions and writes each one to the journal as one line. */
export class Transactions {
  readonly #tables = new Map<string, AnyTable>();
  #journal: Journal | null = null;
  #version = 0;
  #open: { changes: Change[]; undo: (() => void)[] } | null = null;

  register(table: AnyTable): void {
    this.#tables.set(table.name, table);
  }

  /** Applies what a journal line says. Tables of a later version are left alone. */
  replay(changes: readonly Change[]): void {
    for (const [table, id, value] of changes) this.#tables.get(table)?.apply(id, value as never);
  }

  attach(journal: Journal): void {
    this.#journal = journal;
  }

  /** Grows with every change; equal numbers mean equal contents. */
  get version(): number {
    return this.#version;
  }

  change(table: AnyTable, id: string, value: unknown): void {
    this.#version++;
    const before = table.apply(id, value as never);
    if (this.#open) {
      this.#open.changes.push([table.name, id, value]);
      this.#open.undo.push(() => table.apply(id, before as never));
      return;
    }
    try {
      this.#journal?.append([[table.name, id, value]]);
    } catch (error) {
      table.apply(id, before as never);
      throw error;
    }
  }

  /** Runs `work` (synchronous); its changes are kept all together, or none of them when it throws. */
  transaction<R>(work: () => R): R {
    if (this.#open) return work();
    const open = { changes: [] as Change[], undo: [] as (() => void)[] };
    this.#open = open;
    try {
      const result = work();
      this.#journal?.append(open.changes);
      return result;
    } catch (error) {
      for (const undo of open.undo.reverse()) undo();
      this.#version++;
      throw error;
    } finally {
      this.#open = null;
    }
  }

  /** The whole state as changes, for compaction. */
  snapshot(): Change[] {
    return [...this.#tables.values()].flatMap((table) =>
      table.all().map((row): Change => [table.name, row.id, row]),
    );
  }
}
