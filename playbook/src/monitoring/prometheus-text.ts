/** One sample of a metrics endpoint in the text format of Prometheus. */
export type TextSample = { name: string; labels: Readonly<Record<string, string>>; value: number };

const line = /^([a-zA-Z_:][a-zA-Z0-9_:]*)(\{.*\})?[ \t]+(\S+)(?:[ \t]+-?\d+)?[ \t]*$/;
const label = /([a-zA-Z_][a-zA-Z0-9_]*)[ \t]*=[ \t]*"((?:[^"\\]|\\.)*)"[ \t]*,?[ \t]*/y;
const special: Record<string, number> = {
  "+Inf": Number.POSITIVE_INFINITY,
  Inf: Number.POSITIVE_INFINITY,
  "-Inf": Number.NEGATIVE_INFINITY,
  NaN: Number.NaN,
};

/**
 * Reads the text format of Prometheus (https://prometheus.io/docs/instrumenting/exposition_formats/, version 0.0.4).
 * Lines that are none of it are left out: one broken metric must not hide the others.
 * @returns The samples, and how many lines were not understood.
 */
export function readPrometheusText(text: string): { samples: TextSample[]; broken: number } {
  const samples: TextSample[] = [];
  let broken = 0;
  for (const row of text.split("\n")) {
    const trimmed = row.trim();
    if (trimmed === "" || trimmed.startsWith("#")) continue;
    const found = line.exec(trimmed);
    const labels = found === null ? undefined : readLabels(found[2]);
    const value = special[found?.[3] ?? ""] ?? Number(found?.[3]);
    if (found === null || labels === undefined || (Number.isNaN(value) && found[3] !== "NaN")) broken++;
    else samples.push({ name: found[1] ?? "", labels, value });
  }
  return { samples, broken };
}

function readLabels(text: string | undefined): Record<string, string> | undefined {
  if (text === undefined) return {};
  const inner = text.slice(1, -1).trim();
  const labels: Record<string, string> = {};
  label.lastIndex = 0;
  while (label.lastIndex < inner.length) {
    const found = label.exec(inner);
    if (found === null) return undefined;
    labels[found[1] ?? ""] = (found[2] ?? "").replace(/\\(["\\n])/g, (_, sign: string) =>
      sign === "n" ? "\n" : sign,
    );
  }
  return labels;
}

/** The sum of a metric over all its labels; undefined when there is none, or no number. */
export function sumOf(samples: readonly TextSample[], name: string): number | undefined {
  const values = samples.filter((one) => one.name === name).map(({ value }) => value);
  const sum = values.reduce((total, value) => total + value, 0);
  return values.length === 0 || !Number.isFinite(sum) ? undefined : sum;
}
