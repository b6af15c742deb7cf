/**
 * Writes out a series of samples from Prometheus' shorthand for tests.
 * `a+bxn` is a, a+b, … n more times; `a-bxn` falls; `axn` repeats a n more times; `_` is a missing sample, `_xn` n of them.
 * @example series("0.1+0.02x3 _ 5") // [0.1, 0.12, 0.14, 0.16, undefined, 5]
 * @throws Error when a part cannot be read.
 */
export function series(shorthand: string): (number | undefined)[] {
  return shorthand.trim().split(/\s+/).flatMap(part);
}

const shape =
  /^(?:(?<gap>_)|(?<start>-?[\d.]+(?:e-?\d+)?)(?<step>[+-][\d.]+(?:e-?\d+)?)?)(?:x(?<times>\d+))?$/;

function part(text: string): (number | undefined)[] {
  const groups = shape.exec(text)?.groups;
  if (groups === undefined)
    throw new Error(`cannot read "${text}" as a series; try "0.1+0.02x3", "5x10" or "_x2"`);
  const times = Number(groups["times"] ?? 0);
  if (groups["gap"] !== undefined) return Array.from({ length: Math.max(1, times) }, () => undefined);
  if (groups["step"] !== undefined && groups["times"] === undefined)
    throw new Error(`"${text}" does not say how often; write e.g. "${text}x3"`);
  const start = Number(groups["start"]);
  const step = Number(groups["step"] ?? 0);
  if (Number.isNaN(start) || Number.isNaN(step)) throw new Error(`cannot read the numbers in "${text}"`);
  // Rounded to 12 digits, so that 0.1+0.02x2 ends in 0.14 and not in 0.14000000000000001.
  return Array.from({ length: times + 1 }, (_, i) => Number((start + i * step).toPrecision(12)));
}
