import type { HealthProof } from "../../terms/index.js";
import type { DnsRecord } from "./records.js";

/** What an address said when it was asked a few times. */
export type OutageLook = {
  /** Users' address, a host of production, the serving deployment's own address, that of an earlier one, or the standby. */
  what: "public" | "host" | "deployment" | "earlier" | "standby";
  url: string;
  /** Id of a deployment, where it is one's own address. */
  deployment?: string;
  asked: number;
  well: number;
  /**
   * Of the worst answer. `sick`: the service itself answered, and not well. `edge`: the platform answered in its place.
   * `silent`: nobody did.
   */
  answer: "well" | "sick" | "edge" | "silent";
  /** In a few words. */
  saw: string;
};

/** What is known of an outage. Plain data without secrets: it is written down as evidence. */
export type OutageFacts = {
  /** What the platform's interface says. */
  platform: { answers: true; deployment?: string; regions?: string[] } | { answers: false; because: string };
  looks: OutageLook[];
  /** The name that users go by, where the playbook says who keeps it. */
  name?: { name: string; where: string } & (
    | { read: true; records: DnsRecord[]; standby: boolean }
    | { read: false; because: string }
  );
};

/** What an outage is, judged from outside. */
export type OutageVerdict = {
  /**
   * `well`: users are served. `deployment`: only what is served is ill. `name`: it answers, and the name does not lead there.
   * `region`: nothing answers from where it runs, and the platform's interface does. `platform`: not even that.
   */
  is: "well" | "deployment" | "name" | "region" | "platform";
  /** A sentence. */
  because: string;
  /** Deployments of before that answer well. */
  earlier: string[];
};

/** How users are served again. */
export type OutageWay = "regions" | "standby";

/** All that a recovery from an outage would do. */
export type OutagePlan = {
  facts: OutageFacts;
  verdict: OutageVerdict;
  /** Undefined when it would be refused. */
  way?: OutageWay;
  /** Where it would be moved to, when that is another region. */
  region?: string;
  /** Why it would be refused, and what is the answer instead. */
  refused?: { code: string; happened: string; fix: string };
  /** In their order. */
  steps: string[];
};

/** A move that was begun, as the ledger has it: what the way back is read from. */
export type OutageMove =
  | {
      of: "records";
      release: string;
      name: string;
      /** The records before it, and those of the standby. */
      was: DnsRecord[];
      to: DnsRecord[];
    }
  | {
      of: "regions";
      release: string;
      /** Where it ran, and where it runs since. */
      was: string[];
      to: string[];
    };

/** What was seen from outside after a change of records. */
export type OutsideProof = {
  proven: boolean;
  /** Name servers that have to give the new answer. */
  servers: { server: string; right: boolean; says: string }[];
  /** The health through the public name, at the addresses that those servers give. */
  health: HealthProof[];
  /** Resolvers that users ask; those that are not right have the old answer still. */
  resolvers: { server: string; right: boolean; says: string }[];
  ms: number;
};
