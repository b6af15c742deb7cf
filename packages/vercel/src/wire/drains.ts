import { z } from "zod";
import { epochMs } from "./common.js";

/** Header of drain and webhook deliveries: lower-case hex HMAC-SHA1 of the raw body. */
export const signatureHeader = "x-vercel-signature";
/** Header by which a drain's receiver proves that the endpoint is its own. */
export const drainVerifyHeader = "x-vercel-verify";

export const drainDelivery = z.object({
  type: z.literal("http"),
  endpoint: z.string(),
  encoding: z.enum(["json", "ndjson"]),
  compression: z.enum(["gzip", "none"]).optional(),
  headers: z.record(z.string(), z.string()).optional(),
  secret: z.string().optional(),
});
export type DrainDelivery = z.infer<typeof drainDelivery>;

export const drainFilter = z.object({
  version: z.string().optional(),
  filter: z.object({
    type: z.literal("basic"),
    project: z.object({ ids: z.array(z.string()).optional() }).optional(),
    log: z.object({ sources: z.array(z.string()).optional() }).optional(),
    deployment: z.object({ environments: z.array(z.string()).optional() }).optional(),
  }),
});
export type DrainFilter = z.infer<typeof drainFilter>;

export const drainSampling = z.object({
  type: z.literal("head_sampling"),
  /** 0 to 1. */
  rate: z.number().min(0).max(1),
  env: z.string().optional(),
  requestPath: z.string().optional(),
});
export type DrainSampling = z.infer<typeof drainSampling>;

/** Body of `POST /v1/drains`; `schemas` names what is delivered: `log`, `trace`, … */
export const createDrainBody = z.object({
  name: z.string(),
  projects: z.enum(["some", "all"]),
  projectIds: z.array(z.string()).optional(),
  schemas: z.record(z.string(), z.object({ version: z.string() })),
  delivery: drainDelivery,
  filter: drainFilter.nullable().optional(),
  sampling: z.array(drainSampling).optional(),
});
export type CreateDrainBody = z.infer<typeof createDrainBody>;

/** Body of `PATCH /v1/drains/{id}`. */
export const updateDrainBody = createDrainBody.partial();
export type UpdateDrainBody = z.infer<typeof updateDrainBody>;

/** A drain, as answered. */
export const drain = createDrainBody.partial({ projects: true }).extend({
  id: z.string(),
  ownerId: z.string(),
  createdAt: epochMs,
  updatedAt: epochMs,
  source: z.object({ kind: z.string() }),
});
export type Drain = z.infer<typeof drain>;

/** The same, as written: the official SDK insists on `headers`. */
export const fullDrain = drain.extend({
  delivery: drainDelivery.extend({ headers: z.record(z.string(), z.string()) }),
});
export type FullDrain = z.infer<typeof fullDrain>;

/** Answer of `GET /v1/drains`. */
export const drainsAnswer = z.object({ drains: z.array(drain) });
export type DrainsAnswer = z.infer<typeof drainsAnswer>;

/** The HTTP part of a log record. There is no duration in it. */
export const proxyRecord = z.object({
  timestamp: epochMs,
  method: z.string(),
  host: z.string(),
  path: z.string(),
  userAgent: z.array(z.string()),
  region: z.string(),
  referer: z.string().optional(),
  /** -1 or absent: the service never answered. */
  statusCode: z.number().optional(),
  clientIp: z.string().optional(),
  scheme: z.string().optional(),
  responseByteSize: z.number().optional(),
  cacheId: z.string().optional(),
  pathType: z.string().optional(),
  pathTypeVariant: z.string().optional(),
  vercelId: z.string().optional(),
  vercelCache: z.string().optional(),
  lambdaRegion: z.string().optional(),
  wafAction: z.string().optional(),
  wafRuleId: z.string().optional(),
});
export type ProxyRecord = z.infer<typeof proxyRecord>;

/** One record a log drain delivers; a body is an array of them, or one a line. */
export const logDrainRecord = z.object({
  id: z.string(),
  deploymentId: z.string(),
  source: z.enum(["build", "edge", "lambda", "static", "external", "firewall", "redirect"]),
  host: z.string(),
  timestamp: epochMs,
  projectId: z.string(),
  level: z.enum(["info", "warning", "error", "fatal"]),
  /** Cut above 256 KB. */
  message: z.string().optional(),
  buildId: z.string().optional(),
  entrypoint: z.string().optional(),
  type: z.string().optional(),
  statusCode: z.number().optional(),
  requestId: z.string().optional(),
  environment: z.string().optional(),
  branch: z.string().optional(),
  path: z.string().optional(),
  destination: z.string().optional(),
  projectName: z.string().optional(),
  executionRegion: z.string().optional(),
  invocationId: z.string().optional(),
  instanceId: z.string().optional(),
  edgeType: z.string().optional(),
  ja3Digest: z.string().optional(),
  ja4Digest: z.string().optional(),
  traceId: z.string().optional(),
  "trace.id": z.string().optional(),
  spanId: z.string().optional(),
  "span.id": z.string().optional(),
  proxy: proxyRecord.optional(),
});
export type LogDrainRecord = z.infer<typeof logDrainRecord>;
