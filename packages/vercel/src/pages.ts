import type { Pagination } from "./wire/index.js";

/** Pages that are read at most; a list longer than that is cut. */
const mostPages = 100;

/**
 * Walks a list page by page, newest first, as the platform gives them.
 * @param page Reads one page; `until` is the `next` of the one before, undefined for the first.
 */
export async function* walk<Item>(
  page: (until: number | undefined) => Promise<{ items: Item[]; pagination?: Pagination | undefined }>,
): AsyncGenerator<Item> {
  let until: number | undefined;
  for (let read = 0; read < mostPages; read++) {
    const { items, pagination } = await page(until);
    yield* items;
    const next = pagination?.next ?? undefined;
    // A page that points at itself would go on for ever.
    if (next === undefined || next === until) return;
    until = next;
  }
}

/** The first `limit` items of a walk. */
export async function take<Item>(items: AsyncIterable<Item>, limit: number): Promise<Item[]> {
  const taken: Item[] = [];
  if (limit <= 0) return taken;
  for await (const item of items) {
    taken.push(item);
    if (taken.length >= limit) break;
  }
  return taken;
}
