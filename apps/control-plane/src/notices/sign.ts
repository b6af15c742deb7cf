import { createHmac } from "node:crypto";

/** HMAC-SHA-256 of a text in lower-case hex: how calls to webhooks are signed. */
export function sign(secret: string, text: string): string {
  return createHmac("sha256", secret).update(text, "utf8").digest("hex");
}
