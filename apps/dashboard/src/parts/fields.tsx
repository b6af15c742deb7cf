import type { ComponentChildren } from "preact";

/** A line of text to be typed. */
export function TextField({
  label,
  value,
  set,
  required = false,
  hint,
  most = 500,
}: {
  label: string;
  value: string;
  set(value: string): void;
  required?: boolean;
  hint?: ComponentChildren;
  most?: number;
}) {
  return (
    <label>
      {label}
      <input
        type="text"
        maxLength={most}
        required={required}
        value={value}
        onInput={({ currentTarget }) => set(currentTarget.value)}
      />
      {hint !== undefined && <span class="muted">{hint}</span>}
    </label>
  );
}

/** One of some words. */
export function Choice<T extends string>({
  label,
  value,
  set,
  of,
}: {
  label: string;
  value: T;
  set: (value: NoInfer<T>) => void;
  of: readonly (readonly [value: NoInfer<T>, says: string])[];
}) {
  return (
    <label>
      {label}{" "}
      <select
        value={value}
        onChange={({ currentTarget }) => {
          const found = of.find(([one]) => one === currentTarget.value);
          if (found !== undefined) set(found[0]);
        }}
      >
        {of.map(([one, says]) => (
          <option key={one} value={one}>
            {says}
          </option>
        ))}
      </select>
    </label>
  );
}

/** A switch beside the head of a part. */
export function Switch({ label, on, set }: { label: string; on: boolean; set(on: boolean): void }) {
  return (
    <label class="choice">
      <input type="checkbox" checked={on} onChange={({ currentTarget }) => set(currentTarget.checked)} />
      {label}
    </label>
  );
}

const minute = 60_000;

/** Spans of time that are offered where something lasts for a while. */
export const spans = [
  ["15", "15 minutes"],
  ["60", "1 hour"],
  ["240", "4 hours"],
  ["1440", "1 day"],
  ["10080", "7 days"],
] as const;
export type Span = (typeof spans)[number][0];
export const msOf = (span: Span): number => Number(span) * minute;
