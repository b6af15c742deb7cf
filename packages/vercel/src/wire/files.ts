import { z } from "zod";

/** Headers of `POST /v2/files`; the digest is the SHA-1 of the bytes, lower-case hex. */
export const fileHeaders = {
  digest: "x-now-digest",
  size: "x-now-size",
  /** What the SDK sends instead of `digest`. */
  sdkDigest: "x-vercel-digest",
} as const;

/** Answer of `POST /v2/files`: 200 and any JSON object. */
export const uploadAnswer = z.object({ urls: z.array(z.string()).optional() });
export type UploadAnswer = z.infer<typeof uploadAnswer>;

/** A file whose bytes were uploaded before. */
export const fileByDigest = z.object({
  /** Path inside the source, forward slashes. */
  file: z.string(),
  /** SHA-1, lower-case hex. */
  sha: z.string(),
  /** Bytes. */
  size: z.number().int().nonnegative(),
  /** Unix mode with type bits. */
  mode: z.number().int().optional(),
});
export type FileByDigest = z.infer<typeof fileByDigest>;

/** A small file sent inside the create body. */
export const fileInline = z.object({
  file: z.string(),
  data: z.string(),
  encoding: z.enum(["base64", "utf-8"]).optional(),
  mode: z.number().int().optional(),
});
export type FileInline = z.infer<typeof fileInline>;

export const fileEntry = z.union([fileByDigest, fileInline]);
export type FileEntry = z.infer<typeof fileEntry>;
