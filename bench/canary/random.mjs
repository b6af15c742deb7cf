// Random streams with a fixed seed: every run of every setting draws from its own, so that results do not depend on how
// the work is divided over threads.

/** sfc32, seeded by three numbers. @returns a function that draws from [0, 1). */
export function randomOf(...seeds) {
  let [a, b, c, d] = [seeds[0] ?? 0, seeds[1] ?? 0, seeds[2] ?? 0, 1].map((s) => s >>> 0);
  const next = () => {
    const t = (a + b + d) | 0;
    d = (d + 1) | 0;
    a = b ^ (b >>> 9);
    b = (c + (c << 3)) | 0;
    c = (c << 21) | (c >>> 11);
    c = (c + t) | 0;
    return (t >>> 0) / 4294967296;
  };
  for (let i = 0; i < 20; i++) next();
  return next;
}

/** A 32-bit number of a text. */
export function seedOf(text) {
  let value = 0x811c9dc5;
  for (let i = 0; i < text.length; i++) value = Math.imul(value ^ text.charCodeAt(i), 0x01000193);
  return value >>> 0;
}

const tables = new Map();

/** Cumulated probabilities of a Poisson variable around its mean, and a guide to where to begin to look. */
function tableOf(mean) {
  const known = tables.get(mean);
  if (known !== undefined) return known;
  const spread = 12 * Math.sqrt(mean) + 24;
  const first = Math.max(0, Math.floor(mean - spread));
  const logs = [];
  let logFactorial = 0;
  for (let k = 1; k <= first; k++) logFactorial += Math.log(k);
  for (let k = first; k <= mean + spread; k++) {
    if (k > first) logFactorial += Math.log(k);
    logs.push(k * Math.log(mean) - mean - logFactorial);
  }
  const below = new Float64Array(logs.length);
  let sum = 0;
  logs.forEach((l, i) => {
    sum += Math.exp(l);
    below[i] = sum;
  });
  const guide = new Int32Array(256);
  for (let g = 0, i = 0; g < 256; g++) {
    while (i < below.length - 1 && below[i] <= g / 256) i++;
    guide[g] = i;
  }
  const table = { first, below, guide };
  if (tables.size < 200_000) tables.set(mean, table);
  return table;
}

/** A Poisson variable, drawn by inversion; exact to the precision of doubles. */
export function poisson(random, mean) {
  if (mean <= 0) return 0;
  const { first, below, guide } = tableOf(mean);
  const u = random();
  let i = guide[(u * 256) | 0];
  while (i < below.length - 1 && below[i] <= u) i++;
  return first + i;
}

/** Standard normal variables, two at a time (Marsaglia's polar method). */
export function normalOf(random) {
  let spare = null;
  return () => {
    if (spare !== null) {
      const kept = spare;
      spare = null;
      return kept;
    }
    for (;;) {
      const x = 2 * random() - 1;
      const y = 2 * random() - 1;
      const s = x * x + y * y;
      if (s === 0 || s >= 1) continue;
      const scale = Math.sqrt((-2 * Math.log(s)) / s);
      spare = y * scale;
      return x * scale;
    }
  };
}
