import type {
  abort,
  approve,
  InputOf,
  listProven,
  listReleases,
  OutputOf,
  reportRelease,
  rollback,
  showQuestion,
  status,
} from "@atoms/control-plane";

/** How a verb of the control plane is asked; its types are the verb's own. */
export type Call<V> = {
  readonly method: "GET" | "POST";
  /** Below `/api/v1`. */
  readonly path: string;
  /** Never there: it ties question and answer to the verb. */
  readonly verb?: V;
};

/** What a verb may be asked with. The control plane puts in its own playbook, and what has a default may be left out. */
export type Asked<V> = Partial<Omit<InputOf<V>, "playbook" | "platform">>;
export type Answer<V> = OutputOf<V>;

const reads = <V>(path: string): Call<V> => ({ method: "GET", path });
const acts = <V>(path: string): Call<V> => ({ method: "POST", path });

/** Every verb that the dashboard asks. A test holds names of methods and paths to the verbs themselves. */
export const calls = {
  status: reads<typeof status>("/status"),
  releases: reads<typeof listReleases>("/releases"),
  report: reads<typeof reportRelease>("/releases/report"),
  question: reads<typeof showQuestion>("/releases/question"),
  proven: reads<typeof listProven>("/deployments/proven"),
  approve: acts<typeof approve>("/releases/approve"),
  abort: acts<typeof abort>("/releases/abort"),
  rollback: acts<typeof rollback>("/rollbacks"),
};
