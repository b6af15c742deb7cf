import type { ProblemData } from "@atoms/playbook";
import { useLayoutEffect, useState } from "preact/hooks";

/** A program that is fetched when it is wanted. */
export interface Late<T> {
  /** What was fetched. */
  now(): T | undefined;
  /** Fetches it, once; after a failure again. */
  fetch(): Promise<T>;
}

/** Something that `load` fetches. */
export function late<T>(load: () => Promise<T>): Late<T> {
  let loaded: T | undefined;
  let coming: Promise<T> | undefined;
  const fetch = async () => {
    try {
      loaded = await load();
      return loaded;
    } catch (error) {
      coming = undefined;
      throw error;
    }
  };
  return {
    now: () => loaded,
    fetch: () => (coming ??= fetch()),
  };
}

/**
 * What was fetched, or why it could not be.
 * @param wantedFor What it is wanted for, if it is; for something else it is tried again.
 */
export function useLate<T>(
  it: Late<T>,
  wantedFor: string | undefined,
): { loaded?: T; problem?: ProblemData } {
  const [failed, setFailed] = useState<boolean>();
  useLayoutEffect(() => {
    if (wantedFor === undefined || it.now() !== undefined) return;
    let gone = false;
    const settle = (bad: boolean) => () => {
      if (!gone) setFailed(bad);
    };
    setFailed(undefined);
    it.fetch().then(settle(false), settle(true));
    return () => {
      gone = true;
    };
  }, [it, wantedFor]);
  const loaded = it.now();
  if (loaded !== undefined) return { loaded };
  return failed === true ? { problem: notFetched } : {};
}

const notFetched: ProblemData = {
  code: "",
  title: "The page could not be fetched",
  happened: "The control plane does not answer, or another version of it answers now.",
  stillTrue: "Releases are durable: they go on, or wait, without this page.",
  fix: "Load the page again; `atoms status` says the same in a terminal.",
  ending: "failed",
};
