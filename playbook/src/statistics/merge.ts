import { addBuckets } from "./counts.js";
import type { Bucket } from "./model.js";

/** Puts small buckets together. It looks at time and numbers of requests, and never at what became of them. */
export interface Merge {
  /** Takes a bucket. @returns What is ready to be judged: none, one, or two where the split changed in between. */
  add(bucket: Bucket): Bucket[];
  /** Gives what is waiting, whether or not it is large enough. */
  flush(): Bucket[];
  readonly waiting: Bucket | null;
}

/**
 * A bucket of few requests tells less than its part of a larger one: about one request's worth is lost with each.
 * @param requests Enough for a bucket of its own.
 * @param seconds Longest time that a bucket may span.
 */
export function openMerge(requests: number, seconds: number, saved: Bucket | null): Merge {
  let waiting = saved;
  const flush = () => {
    const ready = waiting === null ? [] : [waiting];
    waiting = null;
    return ready;
  };
  return {
    add(bucket) {
      // Across a change of the split, or a longer span, arms would be compared that did not see the same moments.
      const apart =
        waiting !== null &&
        (waiting.split !== bucket.split ||
          bucket.start + bucket.seconds * 1_000 > waiting.start + seconds * 1_000);
      const ready = apart ? flush() : [];
      waiting = waiting === null ? bucket : addBuckets(waiting, bucket);
      const enough =
        waiting.canary.requests + waiting.stable.requests >= requests || waiting.seconds >= seconds;
      return enough ? [...ready, ...flush()] : ready;
    },
    flush,
    get waiting() {
      return waiting;
    },
  };
}
