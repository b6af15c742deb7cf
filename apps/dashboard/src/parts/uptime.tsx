import { percent } from "./words.js";

/** A part of a span of time, and the share of looks in it that found the service up. */
export type UpSlice = { at: number; mean: number; looks: number };

const tone = ({ mean }: UpSlice) => (mean >= 1 ? "up" : mean > 0.5 ? "some" : "down");

/** A bar of slices of time: whole where it was up, hatched by colour where not, empty where nobody looked. */
export function UptimeBar({
  name,
  slices,
  from,
  sliceMs,
  count,
}: {
  name: string;
  slices: readonly UpSlice[];
  from: number;
  sliceMs: number;
  count: number;
}) {
  const looks = slices.reduce((sum, slice) => sum + slice.looks, 0);
  const share = slices.reduce((sum, { mean, looks: its }) => sum + mean * its, 0) / Math.max(1, looks);
  const troubled = slices.filter(({ mean }) => mean < 1).length;
  const says =
    looks === 0
      ? `${name}: nobody looked`
      : `${name}: up in ${percent(share)} of ${looks} looks, ${troubled === 0 ? "never down" : `down at times in ${troubled} of ${count} parts`}`;
  return (
    <svg
      class="uptime"
      viewBox={`0 0 ${count * 4} 20`}
      preserveAspectRatio="none"
      role="img"
      aria-label={says}
    >
      {Array.from({ length: count }, (_, i) => {
        const at = from + i * sliceMs;
        const slice = slices.find((one) => Math.round((one.at - from) / sliceMs) === i);
        // Lower as well as of another colour, so that it is seen without colours.
        const height = slice === undefined ? 4 : tone(slice) === "up" ? 20 : tone(slice) === "some" ? 14 : 9;
        return (
          <rect
            key={at}
            x={i * 4 + 0.5}
            y={20 - height}
            width={3}
            height={height}
            data-is={slice === undefined ? "none" : tone(slice)}
          >
            <title>
              {new Date(at).toLocaleString()}:{" "}
              {slice === undefined ? "nobody looked" : `up ${percent(slice.mean)} of ${slice.looks} looks`}
            </title>
          </rect>
        );
      })}
    </svg>
  );
}
