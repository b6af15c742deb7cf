import { join } from "node:path";
import type {
  Alias,
  Check,
  CheckRun,
  Deployment,
  Drain,
  EnvVariable,
  GlobalConfig,
  GlobalConfigBackup,
  Identity,
  Ports,
  Project,
  RollingRun,
  Webhook,
  WebhookDelivery,
} from "../model.js";
import { Journal } from "./journal.js";
import { Table, Transactions } from "./table.js";

const COMPACT_AFTER_LINES = 5_000;

/** Everything the cloud remembers, in memory and in the folder's journal. */
export class State {
  readonly ledger = new Transactions();
  readonly identity = new Table<Identity>("identity", this.ledger);
  readonly ports = new Table<Ports>("ports", this.ledger);
  readonly projects = new Table<Project>("projects", this.ledger);
  readonly deployments = new Table<Deployment>("deployments", this.ledger);
  readonly aliases = new Table<Alias>("aliases", this.ledger);
  readonly rollingRuns = new Table<RollingRun>("rollingRuns", this.ledger);
  readonly checks = new Table<Check>("checks", this.ledger);
  readonly checkRuns = new Table<CheckRun>("checkRuns", this.ledger);
  readonly globalConfigs = new Table<GlobalConfig>("globalConfigs", this.ledger);
  readonly globalConfigBackups = new Table<GlobalConfigBackup>("globalConfigBackups", this.ledger);
  readonly drains = new Table<Drain>("drains", this.ledger);
  readonly webhooks = new Table<Webhook>("webhooks", this.ledger);
  readonly webhookDeliveries = new Table<WebhookDelivery>("webhookDeliveries", this.ledger);
  readonly env = new Table<EnvVariable>("env", this.ledger);
  #journal: Journal | null = null;

  static open(folder: string): State {
    const state = new State();
    const journal = Journal.open(join(folder, "journal.ndjson"), (changes) => state.ledger.replay(changes));
    if (journal.lines > COMPACT_AFTER_LINES) journal.compact(state.ledger.snapshot());
    state.ledger.attach(journal);
    state.#journal = journal;
    return state;
  }

  transaction<R>(work: () => R): R {
    return this.ledger.transaction(work);
  }

  close(): void {
    this.#journal?.close();
    this.#journal = null;
  }
}
