import type { Clock, MonitorSample, SampleStore } from "@atoms/playbook";

/** Samples of so many milliseconds are written together. */
const gatherMs = 250;
/** Samples in one write, so that none takes long. */
const atOnce = 500;
/** Samples that wait for a store that is away; the oldest go first when there are more. */
const mostWaiting = 20_000;
const retryMs = { first: 500, longest: 15_000 };

/** Writes samples down, many at a time. */
export interface SampleWriter {
  add(sample: MonitorSample): void;
  /** Writes until the signal fires, and then what is left, once. */
  run(signal: AbortSignal): Promise<void>;
}

/** @param onWritten Told of samples that are safe. */
export function sampleWriter(input: {
  samples: Pick<SampleStore, "append">;
  clock: Clock;
  onWritten(samples: readonly MonitorSample[]): Promise<void>;
  onError(doing: string, error: unknown): void;
}): SampleWriter {
  const { samples, clock, onWritten, onError } = input;
  const waiting: MonitorSample[] = [];
  let lost = 0;

  const writeSome = async () => {
    const batch = waiting.slice(0, atOnce);
    if (batch.length === 0) return;
    await samples.append(batch);
    waiting.splice(0, batch.length);
    await onWritten(batch);
  };

  return {
    add(sample) {
      waiting.push(sample);
      if (waiting.length <= mostWaiting) return;
      waiting.shift();
      lost++;
    },
    async run(signal) {
      let retry = retryMs.first;
      while (!signal.aborted) {
        await clock.sleep(gatherMs, signal).catch(() => undefined);
        try {
          while (waiting.length > 0 && !signal.aborted) await writeSome();
          if (lost > 0)
            onError("keeping samples", new Error(`${lost} samples were lost while the store was away`));
          lost = 0;
          retry = retryMs.first;
        } catch (error) {
          onError("keeping samples", error);
          await clock.sleep(retry, signal).catch(() => undefined);
          retry = Math.min(2 * retry, retryMs.longest);
        }
      }
      while (waiting.length > 0) await writeSome();
    },
  };
}
