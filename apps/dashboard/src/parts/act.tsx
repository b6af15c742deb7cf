import type { ProblemData } from "@atoms/playbook";
import type { ComponentChildren } from "preact";
import { useState } from "preact/hooks";
import { problemOf, Refusal } from "../api/ask.js";
import { useLine } from "../live/use-asked.js";
import { Dialog } from "./dialog.js";
import { ProblemNote } from "./problem-note.js";

/**
 * A button that does something, after a look at what it will do.
 * @param act Does it; told the reason when one is asked for, else an empty text.
 */
export function Act({
  label,
  title,
  tone = "plain",
  reason,
  children,
  act,
  done,
}: {
  label: string;
  title: string;
  tone?: "primary" | "danger" | "plain";
  /** Asks for a reason, under this name; a standard one is kept when it is left empty. */
  reason?: { label: string; required?: boolean };
  /** What it will do. */
  children: ComponentChildren;
  act(reason: string): Promise<unknown>;
  done?(): void;
}) {
  const line = useLine();
  const [open, setOpen] = useState(false);
  const [text, setText] = useState("");
  const [busy, setBusy] = useState(false);
  const [problem, setProblem] = useState<ProblemData>();
  const close = () => {
    setOpen(false);
    setProblem(undefined);
    setText("");
  };
  const submit = async (event: Event) => {
    event.preventDefault();
    setBusy(true);
    setProblem(undefined);
    try {
      await act(text.trim());
      close();
      done?.();
    } catch (error) {
      if (error instanceof Refusal && error.strange) line.lost();
      setProblem(problemOf(error));
    } finally {
      setBusy(false);
    }
  };
  return (
    <>
      <button type="button" class={tone} onClick={() => setOpen(true)}>
        {label}
      </button>
      {open && (
        <Dialog title={title} close={close}>
          <form onSubmit={submit}>
            {children}
            {reason !== undefined && (
              <label>
                {reason.label}
                <input
                  type="text"
                  maxLength={500}
                  required={reason.required === true}
                  value={text}
                  onInput={({ currentTarget }) => setText(currentTarget.value)}
                />
              </label>
            )}
            {problem !== undefined && <ProblemNote problem={problem} />}
            <p class="row end">
              <button type="button" class="plain" onClick={close}>
                Not now
              </button>
              <button type="submit" class={tone === "plain" ? "primary" : tone} disabled={busy}>
                {busy ? "Working…" : label}
              </button>
            </p>
          </form>
        </Dialog>
      )}
    </>
  );
}
