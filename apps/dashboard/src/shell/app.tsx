import type { ProblemData } from "@atoms/playbook";
import { useLayoutEffect, useState } from "preact/hooks";
import { problemOf, Refusal } from "../api/ask.js";
import { signIn, type Who, whoAmI } from "../api/session.js";
import { ProblemNote } from "../parts/problem-note.js";
import { Room } from "./room.js";
import { routeOf } from "./route.js";
import { codeIn, SignIn } from "./sign-in.js";

type Standing =
  | { is: "asking" }
  | { is: "in"; who: Who }
  | { is: "out"; problem?: ProblemData }
  | { is: "away"; problem: ProblemData };

/** How long until a control plane that does not answer is asked again, in milliseconds. */
const againMs = 3_000;

/** The whole dashboard: who is there, then the room or the door. */
export function App() {
  const [standing, setStanding] = useState<Standing>({ is: "asking" });

  // Not after the first paint: what is waited for is asked at once.
  useLayoutEffect(() => {
    let timer: number | undefined;
    let gone = false;
    let code: string | undefined;
    const ask = async () => {
      const { page, name } = routeOf(location.hash);
      // One that could not be brought to the control plane is tried again.
      if (page === "sign-in" && name !== undefined) code = codeIn(name);
      // The code counts once; it is not left in the address, nor in the history.
      if (page === "sign-in") history.replaceState(null, "", "#/");
      try {
        const who = code === undefined ? await whoAmI() : await signIn(code);
        if (!gone) setStanding({ is: "in", who });
      } catch (error) {
        if (gone) return;
        const problem = problemOf(error);
        const nobody = error instanceof Refusal && error.strange;
        if (nobody && code === undefined) setStanding({ is: "out" });
        else if (code === undefined || problem.code === "ATM-911") {
          setStanding({ is: "away", problem });
          timer = window.setTimeout(ask, againMs);
        } else {
          code = undefined;
          setStanding({ is: "out", problem });
        }
      }
    };
    void ask();
    const linked = () => {
      if (routeOf(location.hash).page === "sign-in") void ask();
    };
    addEventListener("hashchange", linked);
    return () => {
      gone = true;
      window.clearTimeout(timer);
      removeEventListener("hashchange", linked);
    };
  }, []);

  switch (standing.is) {
    case "asking":
      return <p class="starting">Atoms starts…</p>;
    case "in":
      return (
        <Room
          who={standing.who}
          left={(problem) => setStanding({ is: "out", ...(problem && { problem }) })}
        />
      );
    case "out":
      return (
        <SignIn
          {...(standing.problem && { problem: standing.problem })}
          entered={(who) => setStanding({ is: "in", who })}
        />
      );
    case "away":
      return (
        <main class="sign-in">
          <h1>Atoms</h1>
          <ProblemNote problem={standing.problem} />
        </main>
      );
  }
}
