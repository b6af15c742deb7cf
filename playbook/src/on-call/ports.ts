import type { Clock, LedgerEvent } from "../terms/index.js";
import type { OnCallPlan, Override, Page, PageOrder, PageState } from "./model.js";

/** A message of a page to one channel: a notice of the outbox. */
export type PageNotice = {
  key: string;
  service: string;
  environment: string;
  channel: string;
  text: string;
  /** Milliseconds since the epoch. */
  dueAt: number;
  /** The page's id: all its messages are one conversation. */
  thread: string;
  status: "open" | "acknowledged" | "resolved";
  severity: "critical" | "high" | "medium" | "low";
  title: string;
  /** The page that a receiver can acknowledge by a link; only while nobody has. */
  page?: string;
};

/** What is changed about a page together with its state. */
export type PageChange = Partial<
  Pick<Page, "state" | "told" | "nextAt" | "acknowledgedAt" | "acknowledgedBy" | "resolvedAt" | "resolvedBy">
>;

/** Pages and overrides as they are kept. */
export interface OnCallStore {
  /** Opens a page. One that is known stays as it is, and is returned. */
  open(page: Page, events: readonly LedgerEvent[]): Promise<Page>;
  /**
   * Changes a page that stands in one of the states `from`, with its events and its notices, in one transaction.
   * @returns `changed` false, and the page as it is, when it stands otherwise.
   * @throws noSuchPage (ATM-890).
   */
  change(
    id: string,
    from: readonly PageState[],
    change: PageChange,
    events: readonly LedgerEvent[],
    /** Asked with the page as it stands once it is changed. */
    notices: (page: Page) => readonly PageNotice[],
  ): Promise<{ page: Page; changed: boolean }>;
  page(id: string): Promise<Page | undefined>;
  /** Newest first. */
  pages(query: { state?: PageState; limit: number }): Promise<Page[]>;
  addOverride(override: Override, events: readonly LedgerEvent[]): Promise<void>;
  /** @throws noSuchOverride (ATM-895). */
  removeOverride(id: string, events: (removed: Override) => readonly LedgerEvent[]): Promise<Override>;
  /** Those that have not ended at `after`, in the order of their beginning. */
  overrides(query: { service: string; environment: string; after: number }): Promise<Override[]>;
}

/** What the flow of a page stands on. */
export interface PageWorld {
  store(): Promise<OnCallStore>;
  clock: Clock;
  /** The plan as it is now; asked at every step, since pages live for hours and playbooks are mended meanwhile. */
  plan(order: PageOrder): Promise<OnCallPlan>;
}
