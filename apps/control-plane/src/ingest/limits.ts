const MiB = 1024 * 1024;

/** Bounds of the ingest: nothing that a sender does may cost more than this. */
export type IngestLimits = {
  /** Largest body as it comes, in bytes. */
  bodyBytes: number;
  /** Largest body after decompression, in bytes. */
  inflatedBytes: number;
  /** Most records of one delivery. */
  records: number;
  /** Bytes of all deliveries in hand together; above it, senders are told to come again. */
  backlogBytes: number;
  /** Longest time that a body may take to arrive, in milliseconds. */
  readMs: number;
  /** Requests, and spans, that are remembered to know them again. */
  rememberedRecords: number;
  /** Deliveries that are remembered to know them again. */
  rememberedDeliveries: number;
  /** Deployments that are counted; the one that was silent longest makes room for a new one. */
  deployments: number;
  /** Routes per deployment that are told apart; later ones are told of together. */
  routes: number;
  /** How long counts are kept, in milliseconds; records of things older than this are not counted. */
  keepMs: number;
  /** How long after a window its records are waited for, in milliseconds. Later ones count in the next window. */
  settleMs: number;
};

export const defaultIngestLimits: IngestLimits = {
  bodyBytes: 4 * MiB,
  inflatedBytes: 32 * MiB,
  records: 50_000,
  backlogBytes: 64 * MiB,
  readMs: 10_000,
  rememberedRecords: 100_000,
  rememberedDeliveries: 4_096,
  deployments: 64,
  routes: 100,
  keepMs: 10 * 60_000,
  settleMs: 2_000,
};
