import { z } from "zod";
import type { Refusal } from "../domain/refusal.js";

/** How much of a result is wanted. */
export const formatType = z
  .enum(["detailed", "summary", "raw"])
  .default("detailed")
  .describe("detailed: full rows; summary: a count and the first three; raw: only success and data");
export type FormatType = z.output<typeof formatType>;

/** Every tool's result. Everything but `success` is optional, so that a refusal fits the same schema. */
export const Envelope = z.looseObject({
  success: z.boolean(),
  operation: z.string().optional(),
  data: z.unknown().optional(),
  count: z.number().int().optional(),
  total: z.number().int().optional(),
  limit: z.number().int().optional(),
  offset: z.number().int().optional(),
  has_more: z.boolean().optional(),
  error: z.string().optional(),
  error_type: z.string().optional(),
  code: z.string().optional(),
  details: z.array(z.object({ field: z.string(), issue: z.string() })).optional(),
  suggestions: z.array(z.object({ id: z.string(), name: z.string(), score: z.number() })).optional(),
  retry_after: z.number().int().optional(),
  meta: z
    .looseObject({
      request_id: z.string(),
      user_id: z.string().optional(),
      timestamp: z.string(),
      duration_ms: z.number(),
    })
    .optional(),
});

/** What a tool's work gives back before it is wrapped. */
export interface Outcome {
  /** False only where the contract says so for partial work; true when left out. */
  success?: boolean;
  data: unknown;
  /** Further top-level members: `entity_type`, paging, counts. */
  extra?: Record<string, unknown>;
  /** Set with `success: false`: the same members a refusal has. */
  failure?: Refusal;
}

/** One page of a longer list. */
export function paging(count: number, total: number, limit: number, offset: number): Record<string, unknown> {
  return { count, total, limit, offset, has_more: offset + count < total };
}

/** Dates become ISO 8601 with `Z`; everything else is kept. */
export function plain(value: unknown): unknown {
  if (value instanceof Date) return value.toISOString();
  if (Array.isArray(value)) return value.map(plain);
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, plain(inner)]));
}

/** `data` in the asked-for form. */
export function formatted(data: unknown, format: FormatType): unknown {
  if (format !== "summary") return data;
  const items = Array.isArray(data) ? data : data === null || data === undefined ? [] : [data];
  return { count: items.length, items: items.slice(0, 3), truncated: items.length > 3 };
}
