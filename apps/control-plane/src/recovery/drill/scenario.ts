import type { OwnServer } from "@atoms/databases";
import type { Databases, DrillFailure, DrillMeasured, Http, Platform, proveHealth } from "@atoms/playbook";
import type { ControlPlane, OpenPlaybook } from "../../control-plane.js";
import type { StageOrder } from "./order.js";

/** A database of the stage. Addresses are secret. */
export type StageDatabase = { name: string; main: string; standby?: string };

/** A service in production on a local cloud, with its databases on a real PostgreSQL, all of it only there for a drill. */
export type Stage = {
  order: StageOrder;
  plane: ControlPlane;
  platform: Platform;
  databases: Databases;
  of: readonly StageDatabase[];
  /** The server of the databases, when it is the drill's own. */
  server?: OwnServer;
  signal: AbortSignal;
  /** Takes down what a scenario made besides: the last made first, before the rest of the stage. */
  atTheEnd(takeDown: () => Promise<unknown>): void;
  /** Takes a region of the stage's cloud down: nothing that runs there answers any more. @throws ATM-679. */
  loseRegion(region: string): Promise<void>;
  /** Takes the stage's whole cloud down, its interface too: nothing is there any more. @returns what brings it back as it was. */
  loseCloud(): Promise<() => Promise<void>>;
  /** Waits until every production host says that it is well and uses these databases. @param through Other hosts, and another way to them. @returns what they said last. */
  well(
    urls: Readonly<Record<string, string>>,
    timeoutMs: number,
    through?: { hosts: readonly string[]; http: Http },
  ): ReturnType<typeof proveHealth>;
};

/** What the stage of a scenario has besides what every stage has. */
export type StageAdditions = {
  /** Variables of the service, besides those of `recovery.drill.variables`, which go before them. */
  variables?: Record<string, string>;
  /** Sections of the stage's playbook, beside or over its own. They hold no secret: `stageVariable` stands for one. */
  sections?: Record<string, Record<string, unknown>>;
  /** What counts as well of its standby, where users' name is led to one. */
  standby?: "health" | "answer";
  /** What those variables stand for. */
  environment?: Record<string, string>;
};

/** A scenario that can be drilled: how it is broken on a stage, brought back, and measured. One file of its own. */
export interface DrillScenario {
  /** Looks whether a playbook has what the drill needs. @throws what it lacks, such as ATM-241 without a database. */
  check(open: OpenPlaybook): void;
  /** What is broken of the databases' server; left out when it goes on. */
  failure?(open: OpenPlaybook): DrillFailure;
  /** What its stage has besides. */
  additions?(open: OpenPlaybook): StageAdditions;
  /**
   * Breaks the stage, recovers it by the same flow as in earnest, and measures. What it makes, it makes on the stage; what is to
   * be taken down with it, it says to `stage.atTheEnd`.
   * @param tell Says what is being done.
   * @throws drillCouldNotBegin (ATM-679) before anything was broken, drillFailed (ATM-680) after it.
   */
  rehearse(stage: Stage, tell: (doing: string) => void): Promise<DrillMeasured>;
}
