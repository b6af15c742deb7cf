import type { HealthProof, OperationOrder, Platform } from "../../terms/index.js";
import type { RecoveryNotice } from "../ports.js";
import type { RecoveryTargets } from "../settings.js";
import type { OutageFacts, OutageMove, OutageWay, OutsideProof } from "./model.js";
import type { DnsRecord } from "./records.js";

/** What came of changing a set of records. */
export type DnsChange = { is: "changed" | "so already" } | { is: "other"; found: DnsRecord[] };

/** Whoever keeps the records of a name. */
export interface DnsProvider {
  /** Where they are, in a few words without secrets. */
  readonly where: string;
  /** The records that lead a name somewhere, as the authority has them. @throws ATM-866. */
  read(name: string, signal: AbortSignal): Promise<DnsRecord[]>;
  /**
   * Replaces them as one, and reads back. Safe to run twice: what is as it shall be is left alone.
   * @param input.was Nothing is written unless the records are these.
   * @param input.key The same for the same change, however often it is tried.
   * @returns `other` when they are neither these nor those. @throws ATM-866.
   */
  change(
    input: { name: string; was: readonly DnsRecord[]; to: readonly DnsRecord[]; key: string },
    signal: AbortSignal,
  ): Promise<DnsChange>;
}

/** A recovery from an outage that was asked for, as plain data without secrets. */
export type OutageOrder = OperationOrder & {
  because: string;
  /** The way that a person has chosen, whatever is found. */
  way?: OutageWay;
  /** The region that they want. */
  region?: string;
  /** The move that is taken back; left out when one is made. */
  back?: OutageMove;
};

/** What a recovery from an outage needs from outside. */
export interface OutagePorts {
  settings: {
    targets: RecoveryTargets;
    /** Milliseconds. */
    deadlines: { look: number; deploy: number; settle: number; shift: number };
    /** Where it may be moved to, the best first. */
    regions: readonly string[];
    /** The name that users go by, and where it is led. */
    standby?: { name: string; url: string; records: DnsRecord[] };
  };
  /** Asks everything from outside, and the platform. Reads only; what does not answer is an answer. */
  look(signal: AbortSignal): Promise<OutageFacts>;
  /** Opens an incident, P1, or joins the one under way. @returns its id. */
  openIncident(because: string): Promise<string>;
  /** The four that a move to another region needs. */
  platform: Pick<Platform, "production" | "redeploy" | "deployment" | "promote">;
  /**
   * Asks addresses until each is well by its own word, is served by the deployment, and answers from one of the regions, where any
   * are given. Reads only.
   */
  proveIn(
    input: { hosts: readonly string[]; deployment: string; regions: readonly string[] },
    signal: AbortSignal,
  ): Promise<{ proven: boolean; hosts: HealthProof[]; ms: number }>;
  /** Asks the standby at its own address, or what the platform serves at its own. Reads only. */
  proveWell(
    which: "standby" | "platform",
    signal: AbortSignal,
  ): Promise<{ proven: boolean; hosts: HealthProof[]; ms: number }>;
  /** As `DnsProvider.read`. */
  readRecords: DnsProvider["read"];
  /** As `DnsProvider.change`. */
  changeRecords: DnsProvider["change"];
  /** Asks name servers and resolvers, and the health through the name. Reads only. */
  verifyOutside(records: readonly DnsRecord[], signal: AbortSignal): Promise<OutsideProof>;
  /** Tells people, once for each name. */
  tell(notice: RecoveryNotice): Promise<void>;
}
