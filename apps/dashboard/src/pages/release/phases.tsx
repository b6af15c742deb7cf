import type { Activity, Phase, Release } from "@atoms/playbook";
import type { ReportPhase } from "@atoms/playbook/report";
import { Since, Until } from "../../parts/times.js";
import { duration } from "../../parts/words.js";

/** What a release goes through when all is well. */
const usual: readonly Phase[] = [
  "preflight",
  "backup",
  "announce",
  "deploy",
  "validate",
  "shift",
  "watch",
  "finish",
];

/** The phases in order, those to come too while it runs. */
export function Phases({ release, phases }: { release: Release; phases: readonly ReportPhase[] }) {
  const seen = new Set(phases.map(({ phase }) => phase));
  const alone = ["rollback", "restart", "group", "recovery"].includes(release.strategy);
  const coming = release.state === "running" && !alone && !seen.has("rollback");
  const after = Math.max(-1, ...phases.map(({ phase }) => usual.indexOf(phase as Phase)));
  const left = coming ? usual.filter((phase, i) => i > after && !seen.has(phase)) : [];
  return (
    <ol class="phases">
      {phases.map(({ phase, state, ms, startedAt, checks }, i) => (
        <li
          key={`${phase}${startedAt}`}
          data-state={state === "running" && release.state === "running" ? "running" : state}
          {...(state === "running" && i === phases.length - 1 ? { "aria-current": "step" as const } : {})}
        >
          <strong>{phase}</strong>
          <span>
            {state === "running" && release.state === "running" ? <Since at={startedAt} /> : duration(ms)}
            {state === "left" && " · left"}
          </span>
          {checks.passed + checks.warned + checks.failed > 0 && (
            <span>
              {checks.passed} passed{checks.warned > 0 && `, ${checks.warned} warned`}
              {checks.failed > 0 && `, ${checks.failed} failed`}
            </span>
          )}
        </li>
      ))}
      {left.map((phase) => (
        <li key={phase} data-state="coming">
          <strong>{phase}</strong>
        </li>
      ))}
    </ol>
  );
}

/** What a release is doing, and what it waits for. */
export function Doing({ activity }: { activity: Activity }) {
  const { doing, until, done, waits = [] } = activity;
  return (
    <div class="doing" aria-live="polite">
      <p>
        <span class="pulse" aria-hidden="true" /> {doing}{" "}
        <span class="muted">
          · at most <Until at={until} /> more
        </span>
      </p>
      {done !== undefined && <progress max={1} value={done} aria-label="How far it is" />}
      {waits.length > 0 && (
        <ul>
          {waits.map((wait) => (
            <li key={wait.gate}>
              Waits for <strong>{wait.gate}</strong>: {wait.because}{" "}
              <span class="muted">
                {wait.opensAt !== undefined && (
                  <>
                    · may open in <Until at={wait.opensAt} />{" "}
                  </>
                )}
                · in <Until at={wait.until} />{" "}
                {wait.otherwise === "open" ? "it opens by itself" : "it is refused"}
              </span>
            </li>
          ))}
        </ul>
      )}
    </div>
  );
}
