import { Problem, type Rollout } from "@atoms/playbook";

/** Staged shifts of a fake platform. Every act keeps the promises of the platform port. */
export interface FakeRollouts {
  rollout(): Rollout | undefined;
  begin(candidate: string, shares: readonly number[]): void;
  advance(candidate: string, stage: number): void;
  clear(): void;
  /** Ends the active one on its stable side, if there is one. */
  abort(): void;
  /** What a promote does first: refuses while one is active, takes out stages that were left behind. */
  giveWay(to: string): void;
  /** Share of traffic of the latest one's candidate, 0 to 1. */
  share(): number;
  /** The stages in the project's settings; undefined when there are none. */
  stages(): readonly number[] | undefined;
}

/**
 * @param production.live The deployment that production serves.
 * @param production.serve Makes production serve another.
 */
export function fakeRollouts(production: {
  live(): string | undefined;
  serve(id: string): void;
}): FakeRollouts {
  let latest: Rollout | undefined;
  let stages: readonly number[] | undefined;

  const active = () => (latest?.state === "active" ? latest : undefined);
  const reach = (run: Rollout, stage: number) => {
    latest = { ...run, stage, share: run.shares[stage] ?? 0 };
    if (stage < run.shares.length - 1) return;
    latest = { ...latest, state: "complete", share: 1 };
    production.serve(run.candidate);
  };

  return {
    rollout: () => structuredClone(latest),
    begin(candidate, shares) {
      if (!areShares(shares)) throw new RangeError(`no shares of stages: ${shares.join(", ")}`);
      const running = active();
      if (running !== undefined && !isSame(running, candidate, shares)) {
        throw refusal("ATM-314", `a staged shift to ${running.candidate} is under way`);
      }
      if (running !== undefined || production.live() === candidate) return;
      if (production.live() === undefined) throw refusal("ATM-312", "there is nothing to shift from");
      stages = [...shares];
      reach(
        {
          candidate,
          stable: production.live(),
          state: "active",
          shares: [...shares],
          stage: 0,
          share: 0,
        },
        0,
      );
    },
    advance(candidate, stage) {
      const running = active();
      if (running !== undefined && running.candidate !== candidate) {
        throw refusal("ATM-314", `a staged shift to ${running.candidate} is under way`);
      }
      if (latest === undefined || latest.candidate !== candidate || latest.state === "aborted") {
        throw refusal("ATM-312", `no staged shift to ${candidate} is under way`);
      }
      if (!(Number.isInteger(stage) && stage >= 0 && stage < latest.shares.length)) {
        throw new RangeError(`there is no stage ${stage}`);
      }
      if (running !== undefined && stage > running.stage) reach(running, stage);
    },
    clear() {
      stages = undefined;
    },
    abort() {
      const running = active();
      if (running !== undefined) latest = { ...running, state: "aborted", stage: 0, share: 0 };
    },
    giveWay(to) {
      const running = active();
      if (running !== undefined) {
        throw refusal(
          "ATM-313",
          `${to} can not be promoted while a shift to ${running.candidate} is under way`,
        );
      }
      stages = undefined;
    },
    share() {
      if (latest?.state === "complete") return production.live() === latest.candidate ? 1 : 0;
      return latest?.share ?? 0;
    },
    stages: () => stages,
  };
}

/** What the fake platform throws. */
export function refusal(code: string, because: string): Problem {
  return new Problem({
    code,
    title: "The platform did not answer as it should",
    happened: `The fake platform says: ${because}.`,
    fix: "Look at the test.",
  });
}

const isSame = (run: Rollout, candidate: string, shares: readonly number[]) =>
  run.candidate === candidate && run.shares.join() === shares.join();

const areShares = (shares: readonly number[]) =>
  shares.length > 1 &&
  shares.at(-1) === 1 &&
  shares.every((share, at) => share >= 0 && share > (shares[at - 1] ?? -1));
