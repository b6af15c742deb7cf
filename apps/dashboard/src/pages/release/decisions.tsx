import type { ReleaseReport } from "@atoms/playbook/report";
import { useState } from "preact/hooks";
import { Part } from "../../parts/page.js";
import { When } from "../../parts/times.js";

/** What was decided and by whom, newest first. */
export function Decisions({ report }: { report: ReleaseReport }) {
  const [all, setAll] = useState(false);
  const shown = report.decisions.filter(({ decisive }) => all || decisive).toReversed();
  return (
    <Part
      title="Decisions"
      aside={
        <label class="choice">
          <input
            type="checkbox"
            checked={all}
            onChange={({ currentTarget }) => setAll(currentTarget.checked)}
          />
          every entry
        </label>
      }
    >
      {report.notShown > 0 && (
        <p class="muted">{report.notShown} more entries are in the ledger: `atoms ledger` lists them.</p>
      )}
      <ol class="log">
        {shown.map(({ seq, at, kind, by, says, decisive }) => (
          <li key={seq} data-decisive={decisive}>
            <When at={at} exact />
            <span class="kind">{kind}</span>
            <span>
              {says} <span class="muted">{by}</span>
            </span>
          </li>
        ))}
      </ol>
    </Part>
  );
}

/** What checks found that was no pass. */
export function Findings({ findings }: { findings: ReleaseReport["findings"] }) {
  if (findings.length === 0) return null;
  return (
    <Part title="What checks found">
      <ul class="findings">
        {findings.map(({ phase, title, outcome, saw, fix }) => (
          <li key={`${phase} ${title}`}>
            <strong>{title}</strong>{" "}
            <span class="muted">
              {phase}, {outcome}
            </span>
            <br />
            {saw}
            {fix !== undefined && (
              <>
                <br />
                <span class="muted">{fix}</span>
              </>
            )}
          </li>
        ))}
      </ul>
    </Part>
  );
}
