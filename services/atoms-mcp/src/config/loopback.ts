/**
 * Whether a host name reaches only this machine: `localhost`, anything below it, 127.0.0.0/8 or ::1.
 * @param host a host name or address, with or without IPv6 brackets, without a port
 */
export function isLoopback(host: string): boolean {
  const name = host.toLowerCase().replace(/^\[|\]$/g, "");
  return (
    name === "localhost" ||
    name.endsWith(".localhost") ||
    name === "::1" ||
    /^(::ffff:)?127(\.\d{1,3}){3}$/.test(name)
  );
}
