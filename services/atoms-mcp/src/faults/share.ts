/**
 * A share that is exact instead of random: after n calls it has answered yes floor(n * share) times.
 * @param millionths the share, in millionths (50,000 is 5%)
 */
export function exactShare(millionths: number): () => boolean {
  let calls = 0;
  const fired = (n: number) => Math.floor((n * millionths) / 1_000_000);
  return () => {
    calls += 1;
    return fired(calls) > fired(calls - 1);
  };
}
