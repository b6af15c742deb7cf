import type { Release } from "@atoms/playbook";
import { useState } from "preact/hooks";
import { ask } from "../../api/ask.js";
import { calls } from "../../api/calls.js";
import { useAsked } from "../../live/use-asked.js";
import { Act } from "../../parts/act.js";
import { When } from "../../parts/times.js";

const orByHand = (because: string) => (because === "" ? {} : { because });

/** Ends a release that runs: before traffic has moved it is an abort, after that it goes back. */
export function EndRelease({ release }: { release: Release }) {
  const moved = release.split > 0 || release.phase === "watch";
  return (
    <Act
      label={moved ? "Roll back" : "Abort"}
      title={moved ? `Take ${release.version} back` : `Abort ${release.version}`}
      tone="danger"
      reason={{ label: "Why; kept in the ledger" }}
      act={(because) => ask(calls.abort, { release: release.id, ...orByHand(because) })}
    >
      <p>
        {moved
          ? `All traffic goes back to ${release.previous?.id ?? "what served before"}, and that is proven on every host.`
          : release.phase === "shift"
            ? "It ends. If traffic begins to move just now, that goes back."
            : "It ends. No traffic has moved yet: users notice nothing."}
      </p>
    </Act>
  );
}

/** Points production back at a deployment that was proven good. */
export function RollBack({
  serving,
  started,
}: {
  serving: string | undefined;
  started(release: string): void;
}) {
  const proven = useAsked(calls.proven, { limit: 20 });
  const targets = (proven.answer ?? []).filter(({ deployment }) => deployment !== serving);
  const [chosen, setChosen] = useState<string>();
  const to = chosen ?? targets[0]?.deployment;
  if (to === undefined) return null;
  return (
    <Act
      label="Roll back"
      title="Roll production back"
      tone="danger"
      reason={{ label: "Why; kept in the ledger" }}
      act={async (because) => {
        const { release } = await ask(calls.rollback, { to, ...orByHand(because) });
        started(release.id);
      }}
    >
      <p>
        All traffic leaves <code>{serving ?? "what is served now"}</code> at once. It goes to a deployment
        that was proven good:
      </p>
      <fieldset>
        <legend class="hidden">Where to</legend>
        {targets.slice(0, 6).map(({ deployment, version, at }) => (
          <label class="choice" key={deployment}>
            <input
              type="radio"
              name="to"
              checked={deployment === to}
              onChange={() => setChosen(deployment)}
            />
            <span>
              {version} <code>{deployment}</code>{" "}
              <span class="muted">
                proven <When at={at} />
              </span>
            </span>
          </label>
        ))}
      </fieldset>
    </Act>
  );
}
