/** What is known of a release that nobody can go on with. */
export type RescueFacts = {
  /** The deployment it made, if it came to that. */
  candidate: string | undefined;
  /** What production served before it. */
  before: string | undefined;
  /** By the ledger: traffic was about to move, or had. */
  moved: boolean;
  /** By the ledger: its deployment had passed its watch. */
  proven: boolean;
  /** By the ledger: where a rollback that had been decided leads. */
  decided: string | undefined;
  /** By the platform: what production serves now. */
  serving: string | undefined;
  /** By the platform: where a move leads that it is still carrying out. */
  moving: string | undefined;
  /** By the platform: the candidate of a staged shift that is under way. */
  rolling: string | undefined;
};

/** What is to be done with traffic so that nothing is left half done. */
export type RescueMove =
  | { do: "go back"; to: string | undefined }
  | { do: "leave"; state: "failed" | "released"; because: string };

/**
 * Decides where traffic goes when nobody can go on with a release: it stays on, or returns to, the last good deployment.
 * What somebody else has put into production meanwhile is left alone.
 */
export function rescueMove(facts: RescueFacts): RescueMove {
  const { candidate, before, moved, proven, decided, serving, moving, rolling } = facts;
  const own = [candidate, before, decided];
  const foreign = [serving, moving, rolling].find((id) => id !== undefined && !own.includes(id));
  if (foreign !== undefined)
    return moved || decided !== undefined
      ? leave(
          `somebody else has moved production meanwhile: it ${serves(foreign, serving)}, and was left there`,
        )
      : leave(`no traffic was moved: production serves ${serving ?? "nothing"}`);
  if (decided !== undefined) return { do: "go back", to: decided };
  const reached = candidate !== undefined && [serving, moving, rolling].includes(candidate);
  if (!reached && !moved) return leave(`no traffic was moved: production serves ${serving ?? "nothing"}`);
  const alone = reached && serving === candidate && moving === undefined && rolling === undefined;
  if (proven && alone)
    return {
      do: "leave",
      state: "released",
      because: `production serves ${serving}, which had passed its watch`,
    };
  return { do: "go back", to: before };
}

const leave = (because: string): RescueMove => ({ do: "leave", state: "failed", because });

const serves = (foreign: string, serving: string | undefined) =>
  foreign === serving ? `serves ${foreign}` : `is moving to ${foreign}`;
