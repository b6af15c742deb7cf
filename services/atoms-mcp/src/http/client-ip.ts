/**
 * The address a request came from.
 * @param headers the request's headers
 * @param socketAddress the peer of the connection, when there is a connection
 * @param trustProxy whether forwarding headers are believed
 */
export function clientIp(headers: Headers, socketAddress: string | undefined, trustProxy: boolean): string {
  const forwarded = trustProxy
    ? (headers.get("x-vercel-forwarded-for") ??
      headers.get("x-real-ip") ??
      headers.get("x-forwarded-for")?.split(",").at(-1))
    : undefined;
  return forwarded?.trim() || socketAddress || "unknown";
}
