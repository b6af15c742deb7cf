import type { Deployment } from "../model.js";

/** Where deployments are that were not told where to be. */
export const HOME_REGION = "local";

/** Names that a deployment may ask for: this machine's own, and the cloud's. All of them are on this machine. */
const KNOWN = new Set([
  HOME_REGION,
  ...["arn1", "bom1", "cdg1", "cle1", "cpt1", "dub1", "dxb1", "fra1", "gru1", "hkg1", "hnd1", "iad1", "icn1"],
  ...["kix1", "lhr1", "pdx1", "sfo1", "sin1", "syd1", "yul1"],
]);

/** The region that a deployment runs in: the first that it asked for. There is no other one that would stand in for it. */
export const regionOf = ({ regions }: Pick<Deployment, "regions">): string => regions[0] ?? HOME_REGION;

/** Regions, and which of them are down on purpose. Nothing that runs in one that is down answers. */
export class Regions {
  readonly #down = new Set<string>();

  isKnown(region: string): boolean {
    return KNOWN.has(region);
  }

  isDown(region: string): boolean {
    return this.#down.has(region);
  }

  /** Those that are down. */
  list(): string[] {
    return [...this.#down];
  }

  takeDown(region: string): void {
    this.#down.add(region);
  }

  bringUp(region: string): void {
    this.#down.delete(region);
  }
}
