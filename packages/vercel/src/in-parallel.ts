/**
 * Does one thing for every item, some at a time. The first failure stops the rest from being begun.
 * @param atOnce How many run at the same moment.
 */
export async function inParallel<Item, Result>(
  items: readonly Item[],
  atOnce: number,
  act: (item: Item) => Promise<Result>,
): Promise<Result[]> {
  const results = new Array<Result>(items.length);
  let next = 0;
  let failed = false;
  const worker = async () => {
    while (!failed && next < items.length) {
      const at = next++;
      try {
        results[at] = await act(items[at] as Item);
      } catch (error) {
        failed = true;
        throw error;
      }
    }
  };
  // All workers are waited for: none goes on in the background after a failure was reported.
  const ended = await Promise.allSettled(Array.from({ length: Math.min(atOnce, items.length) }, worker));
  const failure = ended.find((one) => one.status === "rejected");
  if (failure !== undefined) throw failure.reason;
  return results;
}
