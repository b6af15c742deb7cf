import type { ComponentChildren } from "preact";
import type { Known } from "../live/use-asked.js";
import { ProblemNote } from "./problem-note.js";

/** The head of a page. */
export function Head({ title, children }: { title: ComponentChildren; children?: ComponentChildren }) {
  return (
    <div class="head">
      <h1 tabIndex={-1}>{title}</h1>
      {children}
    </div>
  );
}

/** A part of a page under a heading. */
export function Part({
  title,
  aside,
  children,
}: {
  title: string;
  aside?: ComponentChildren;
  children: ComponentChildren;
}) {
  return (
    <section class="part">
      <div class="part-head">
        <h2>{title}</h2>
        {aside}
      </div>
      {children}
    </section>
  );
}

/** What an answer is shown as: while it is fetched, when it fails, and when it is there. A failure never hides the last answer. */
export function Shown<T>({ known, children }: { known: Known<T>; children(answer: T): ComponentChildren }) {
  const { answer, problem } = known;
  return (
    <>
      {problem !== undefined && <ProblemNote problem={problem} />}
      {answer !== undefined ? children(answer) : problem === undefined && <p class="muted">Reading…</p>}
    </>
  );
}
