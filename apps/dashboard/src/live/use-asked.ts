import type { ProblemData } from "@atoms/playbook";
import { createContext } from "preact";
import { useContext, useLayoutEffect, useRef, useState } from "preact/hooks";
import { ask, problemOf, Refusal } from "../api/ask.js";
import type { Answer, Asked, Call } from "../api/calls.js";
import type { Feed, News } from "./feed.js";
import { type Pace, refresher } from "./refresher.js";

/** What every page has at hand. */
export type Line = {
  feed: Feed;
  /** Told when the session does not count any more. */
  lost(): void;
};

export const LineContext = createContext<Line | undefined>(undefined);

/** The way to the control plane. */
export function useLine(): Line {
  const line = useContext(LineContext);
  if (line === undefined) throw new Error("a page outside of the session");
  return line;
}

/** What is known of an answer. The last one stays while a newer one is fetched, and when that fails. */
export type Known<T> = {
  answer?: T;
  problem?: ProblemData;
  /** Asks again now. */
  again(): void;
};

/** When to ask again. */
export type Freshness = {
  /** Which news make the answer old. */
  when?: (news: News) => boolean;
  /** Asked again after so many milliseconds in any case. */
  everyMs?: number;
  pace?: Pace;
  /** Not asked at all while this is true. */
  not?: boolean;
};

const usualPace: Pace = { gatherMs: 100, leastMs: 600 };
const never = () => false;

/** Asks a verb and keeps the answer fresh while the page is looked at. */
export function useAsked<V>(call: Call<V>, input: Asked<V>, fresh: Freshness = {}): Known<Answer<V>> {
  const line = useLine();
  const [known, setKnown] = useState<{ of: string; answer?: Answer<V>; problem?: ProblemData }>({ of: "" });
  const of = `${call.path} ${JSON.stringify(input)}`;
  const latest = useRef({ when: never as (news: News) => boolean, again: () => {} });
  latest.current.when = fresh.when ?? never;
  const { everyMs, pace = usualPace, not = false } = fresh;

  // `of` stands for the call and its input. Not after the paint: what is waited for is asked at once.
  useLayoutEffect(() => {
    if (not) return;
    const gone = new AbortController();
    const work = async () => {
      try {
        const answer = await ask(call, input, gone.signal);
        if (!gone.signal.aborted) setKnown({ of, answer });
      } catch (error) {
        if (gone.signal.aborted) return;
        if (error instanceof Refusal && error.strange) line.lost();
        setKnown((before) => ({ ...(before.of === of ? before : {}), of, problem: problemOf(error) }));
      }
    };
    const again = refresher(work, pace, () => performance.now(), later);
    latest.current.again = again.wanted;
    // What nobody looks at is read when somebody does.
    let unseen = false;
    const wanted = () => {
      if (document.hidden) unseen = true;
      else again.wanted();
    };
    const seen = () => {
      if (document.hidden || !unseen) return;
      unseen = false;
      again.wanted();
    };
    const stopListening = line.feed.listen((news) => {
      if ("anew" in news || latest.current.when(news)) wanted();
    });
    document.addEventListener("visibilitychange", seen);
    const beat = everyMs === undefined ? undefined : window.setInterval(wanted, everyMs);
    // What changes under somebody's fingers is gathered; what a page opens with is not.
    if (known.of === "") again.begin();
    else again.wanted();
    return () => {
      gone.abort();
      again.stop();
      stopListening();
      document.removeEventListener("visibilitychange", seen);
      window.clearInterval(beat);
    };
  }, [of, not, everyMs, line]);

  const { answer, problem } = known.of === of ? known : {};
  return {
    ...(answer === undefined ? {} : { answer }),
    ...(problem === undefined ? {} : { problem }),
    again: () => latest.current.again(),
  };
}

function later(call: () => void, ms: number): () => void {
  const timer = window.setTimeout(call, ms);
  return () => window.clearTimeout(timer);
}
