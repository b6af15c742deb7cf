import type { OutputOf, showQuestion } from "@atoms/control-plane";
import type { Release } from "@atoms/playbook";
import { ask } from "../../api/ask.js";
import { calls } from "../../api/calls.js";
import { mayAct } from "../../api/session.js";
import { Act } from "../../parts/act.js";
import { Part } from "../../parts/page.js";
import { Until } from "../../parts/times.js";
import { useWho } from "../../shell/who.js";

/** What a release asks people, and the buttons that answer it: this question, and no other that may have come since. */
export function QuestionPart({
  release,
  open: { question, answers },
  answered,
}: {
  release: Release;
  open: OutputOf<typeof showQuestion>;
  answered(): void;
}) {
  const who = useWho();
  if (question === undefined) return null;
  const { of, about, people, approvers, starterCounts, until, otherwise } = question;
  const yes = answers?.yes ?? [];
  const own = yes.some(({ by }) => by === who.name);
  const why =
    approvers !== undefined && !approvers.includes(who.name)
      ? `The playbook names who may answer: ${approvers.join(", ")}.`
      : !starterCounts && release.startedBy.name === who.name
        ? "Whoever started a release may not approve it here."
        : undefined;
  const answer = (refuse: boolean, because: string) =>
    ask(calls.approve, { release: release.id, of, refuse, ...(because === "" ? {} : { because }) });
  return (
    <Part title={`It asks: ${of}`}>
      <div class="question">
        <ul>
          {about.map((line) => (
            <li key={line}>{line}</li>
          ))}
        </ul>
        <p>
          {yes.length} of {people} {people === 1 ? "person has" : "people have"} said yes
          {yes.length > 0 && `: ${yes.map(({ by }) => by).join(", ")}`}. In <Until at={until} />{" "}
          {otherwise === "open" ? "it opens by itself" : "the release ends"}.
        </p>
        {mayAct(who) && (
          <p class="row">
            {why === undefined && !own && (
              <Act
                label="Approve"
                title={`Approve ${of}`}
                tone="primary"
                act={() => answer(false, "")}
                done={answered}
              >
                <p>
                  {release.version} goes on
                  {people - yes.length > 1 ? ", once enough people have approved" : ""}: {about.join("; ")}.
                </p>
              </Act>
            )}
            <Act
              label="Refuse"
              title={`Refuse ${of}`}
              tone="danger"
              reason={{ label: "Why; kept in the ledger" }}
              act={(because) => answer(true, because)}
              done={answered}
            >
              <p>
                {release.version} ends
                {release.split > 0
                  ? ", and traffic goes back to what served before"
                  : "; users notice nothing"}
                .
              </p>
            </Act>
            {why !== undefined && <span class="muted">{why}</span>}
            {own && <span class="muted">You have approved.</span>}
          </p>
        )}
      </div>
    </Part>
  );
}
