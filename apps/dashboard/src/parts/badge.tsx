import type { Release } from "@atoms/playbook";
import type { ComponentChildren } from "preact";

/** How something stands, by colour, sign and word. */
export type Tone = "good" | "bad" | "warn" | "busy" | "calm";

const signs: Record<Tone, string> = { good: "✓", bad: "✗", warn: "!", busy: "●", calm: "–" };

/** A word with its colour; the sign says the same without colour. */
export function Badge({ tone, children }: { tone: Tone; children: ComponentChildren }) {
  return (
    <span class="badge" data-tone={tone}>
      <span aria-hidden="true">{signs[tone]}</span> {children}
    </span>
  );
}

const ofRelease: Readonly<Record<string, Tone>> = {
  running: "busy",
  released: "good",
  "rolled back": "bad",
  failed: "bad",
  aborted: "warn",
  unsafe: "bad",
};

/** How a release stands. For a rollback by hand, having rolled back is the good end. */
export const ReleaseBadge = ({ of: { state, strategy } }: { of: Pick<Release, "state" | "strategy"> }) => (
  <Badge tone={strategy === "rollback" && state === "rolled back" ? "good" : (ofRelease[state] ?? "calm")}>
    {state}
  </Badge>
);

const standings: Readonly<Record<string, Tone>> = { up: "good", down: "bad" };

/** How a monitor stands. */
export function StandingBadge({ standing, stale }: { standing: string; stale: boolean }) {
  return stale ? (
    <Badge tone="warn">nobody looks</Badge>
  ) : (
    <Badge tone={standings[standing] ?? "calm"}>{standing}</Badge>
  );
}
