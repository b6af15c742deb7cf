import type { HealthProof, OperationOrder } from "../../terms/index.js";
import type { RecoveryNotice } from "../ports.js";
import type { Evidence } from "./model.js";
import type { BreachSecret, BreachSettings } from "./settings.js";

/** A recovery from a breach that was asked for, as plain data without secrets. */
export type BreachOrder = OperationOrder & { because: string };

/** What came of switching attack mode on. `until`: when it ends by itself, in milliseconds since the epoch. */
export type AttackModeOn =
  | { is: "on"; until: number }
  | { is: "by others"; until?: number }
  | { is: "refused"; because: string };

/** What a recovery from a breach needs from outside. New values stay behind it: none comes back. */
export interface BreachPorts {
  secrets: readonly BreachSecret[];
  /** What becomes of deployments that were built with the old values. */
  old: BreachSettings["old_deployments"];
  /** Longest that evidence, new values and the removal of old deployments may take, in milliseconds. */
  within: { evidence: number; values: number; removal: number };
  /** Keeps the logs of what serves and the ledger where they can be handed over. Safe to run twice. */
  keepEvidence(serving: string | undefined, signal: AbortSignal): Promise<Evidence>;
  /** Attack mode of the platform, where the playbook asks for it. */
  attackMode?: {
    /** By what it ends: with a recovery that is through, or by its time alone. */
    ends: "recovery" | "time";
    /**
     * Has visitors challenged until a time that does not depend on when it is called. Safe to repeat.
     * @returns `by others`: it was on already, for longer, and stays as it is; `refused`: the recovery goes on without it.
     */
    on(signal: AbortSignal): Promise<AttackModeOn>;
    /** Lets visitors in again. Safe to repeat. @returns why it could not, if so; it then ends by its time. */
    off(signal: AbortSignal): Promise<{ because?: string }>;
  };
  /** Opens an incident, P1, or joins the one under way. @returns its id. */
  openIncident(because: string): Promise<string>;
  /**
   * Makes the new value of a secret, once, and keeps it out of sight.
   * @returns `open` when only people have it. @throws ATM-696; 697 when it was made before and is gone.
   */
  makeValue(
    secret: BreachSecret,
    signal: AbortSignal,
  ): Promise<{ is: "made" | "made before" | "given" | "open" }>;
  /** Gives the kept value to the platform, for later deployments. @throws ATM-697. */
  setVariable(secret: BreachSecret, signal: AbortSignal): Promise<void>;
  /** Where both sides must change together: has the other side take the new value. @returns when, by its own clock. */
  switchOver(secret: BreachSecret, signal: AbortSignal): Promise<string>;
  /** Has the other side take the value of before again, so that what serves goes on. */
  switchBack(secret: BreachSecret, signal: AbortSignal): Promise<void>;
  /** Ends what came in by the old value before that moment. @returns how many. */
  endSessions(secret: BreachSecret, before: string, signal: AbortSignal): Promise<number>;
  /** Ends every token, session and link of Atoms itself. @returns how many. */
  endCredentials(): Promise<number>;
  /** Puts the new values that people need aside, and removes the others. @returns what is left to people. */
  finish(open: readonly string[]): Promise<string[]>;
  /** Asks addresses until each is well by its own word, and is served by the deployment; reads only. */
  proveWell(
    input: { hosts: readonly string[]; deployment: string; timeoutMs: number },
    signal: AbortSignal,
  ): Promise<{ proven: boolean; hosts: HealthProof[]; ms: number }>;
  /** Tells people, once for each name. */
  tell(notice: RecoveryNotice): Promise<void>;
}
