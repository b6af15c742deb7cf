import type { ProblemData } from "@atoms/playbook";

/** A problem as help: what happened, what is still true, what to do next. */
export function ProblemNote({ problem }: { problem: ProblemData }) {
  return (
    <section class="problem" role="alert">
      <p>
        <strong>{problem.title}</strong> {problem.code !== "" && <span class="muted">{problem.code}</span>}
      </p>
      <p>{problem.happened}</p>
      {problem.stillTrue !== undefined && <p>{problem.stillTrue}</p>}
      <p>{problem.fix}</p>
    </section>
  );
}
