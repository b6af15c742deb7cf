import type { Release } from "@atoms/playbook";
import { percent } from "../../parts/words.js";

/** Where traffic is, as a bar. */
export function Split({ release }: { release: Release }) {
  const { split, candidate, previous, state, strategy } = release;
  if (["rollback", "restart", "group", "recovery"].includes(strategy)) return null;
  const share = state === "released" ? 1 : split;
  const other =
    strategy === "blue-green"
      ? ["green", "blue"]
      : strategy === "canary"
        ? ["canary", "stable"]
        : ["new", "before"];
  return (
    <div class="split">
      <svg
        viewBox="0 0 100 4"
        preserveAspectRatio="none"
        role="img"
        aria-label={`${percent(share)} of traffic on the new deployment`}
      >
        <rect width="100" height="4" class="stable" />
        <rect width={share * 100} height="4" class="canary" />
      </svg>
      <p>
        <span>
          <strong>{percent(share)}</strong> {other[0]} <code>{candidate?.id ?? "not there yet"}</code>
        </span>
        <span>
          <strong>{percent(1 - share)}</strong> {other[1]} <code>{previous?.id ?? "nothing"}</code>
        </span>
      </p>
    </div>
  );
}
