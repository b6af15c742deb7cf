import type { ProblemData } from "@atoms/playbook";
import { useEffect, useState } from "preact/hooks";
import { problemOf } from "../api/ask.js";
import { identityProvider, signIn, type Who } from "../api/session.js";
import { ProblemNote } from "../parts/problem-note.js";

/** The code in a sign-in link, or in what somebody pasted of one. */
export const codeIn = (text: string): string | undefined =>
  /(?:#\/sign-in\/|^)([A-Za-z0-9_-]{20,100})\s*$/.exec(text.trim())?.[1];

/** What is shown to whoever is not signed in. */
export function SignIn({ problem: first, entered }: { problem?: ProblemData; entered(who: Who): void }) {
  const [text, setText] = useState("");
  const [problem, setProblem] = useState(first);
  const [busy, setBusy] = useState(false);
  const [provider, setProvider] = useState<string>();
  useEffect(() => {
    void identityProvider().then(setProvider);
  }, []);
  const enter = async (event: Event) => {
    event.preventDefault();
    const code = codeIn(text);
    if (code === undefined) return;
    setBusy(true);
    try {
      entered(await signIn(code));
    } catch (error) {
      setProblem(problemOf(error));
      setBusy(false);
    }
  };
  return (
    <main class="sign-in">
      <h1>Atoms</h1>
      {provider !== undefined && (
        <p>
          <a class="button primary" href="/auth/oidc">
            Sign in with {provider}
          </a>
        </p>
      )}
      <p>
        In the folder of the playbook type <code>atoms dashboard</code>. It makes a link that signs this
        browser in, once, within ten minutes.
      </p>
      {problem !== undefined && <ProblemNote problem={problem} />}
      <form onSubmit={enter}>
        <label>
          Or paste a link that somebody made for you
          <input
            type="text"
            autocomplete="off"
            spellcheck={false}
            value={text}
            onInput={({ currentTarget }) => setText(currentTarget.value)}
          />
        </label>
        <button type="submit" class="primary" disabled={busy || codeIn(text) === undefined}>
          Sign in
        </button>
      </form>
    </main>
  );
}
