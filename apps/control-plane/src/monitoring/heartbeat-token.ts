import { createHmac, timingSafeEqual } from "node:crypto";
import type { HeartbeatOf } from "@atoms/playbook";

const signatureOf = (secret: string, body: string) =>
  createHmac("sha256", secret).update(`heartbeat.${body}`).digest("base64url").slice(0, 22);

/** The last part of the address that a sign of life goes to. It stays the same, so that it can stand in a crontab. */
export function heartbeatToken(secret: string, { service, environment, monitor }: HeartbeatOf): string {
  const body = Buffer.from([service, environment, monitor].join("/")).toString("base64url");
  return `${body}.${signatureOf(secret, body)}`;
}

/** Reads what `heartbeatToken` wrote; undefined when it was not made with this secret. */
export function readHeartbeatToken(secret: string, token: string): HeartbeatOf | undefined {
  const [body = "", signature = "", ...more] = token.split(".");
  const given = Buffer.from(signature);
  const wanted = Buffer.from(signatureOf(secret, body));
  if (more.length > 0 || given.length !== wanted.length || !timingSafeEqual(given, wanted)) return undefined;
  // A service's name may hold a slash; an environment's and a monitor's may not.
  const parts = Buffer.from(body, "base64url").toString().split("/");
  const [monitor = "", environment = ""] = [parts.at(-1), parts.at(-2)];
  return { service: parts.slice(0, -2).join("/"), environment, monitor };
}
