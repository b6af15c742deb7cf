/** How an exchange broke, read from the error that Node or undici gave. */
export type FailureClass = "time-out" | "refused" | "cut" | "name not found" | "tls" | "other";

const byCode: Record<string, FailureClass> = {
  ECONNREFUSED: "refused",
  EHOSTUNREACH: "refused",
  ENETUNREACH: "refused",
  EADDRNOTAVAIL: "refused",
  ENOTFOUND: "name not found",
  EAI_AGAIN: "name not found",
  EAI_FAIL: "name not found",
  ETIMEDOUT: "time-out",
  UND_ERR_CONNECT_TIMEOUT: "time-out",
  UND_ERR_HEADERS_TIMEOUT: "time-out",
  UND_ERR_BODY_TIMEOUT: "time-out",
  ECONNRESET: "cut",
  EPIPE: "cut",
  UND_ERR_SOCKET: "cut",
  UND_ERR_RES_CONTENT_LENGTH_MISMATCH: "cut",
  EPROTO: "tls",
  DEPTH_ZERO_SELF_SIGNED_CERT: "tls",
  SELF_SIGNED_CERT_IN_CHAIN: "tls",
  UNABLE_TO_VERIFY_LEAF_SIGNATURE: "tls",
  UNABLE_TO_GET_ISSUER_CERT: "tls",
  UNABLE_TO_GET_ISSUER_CERT_LOCALLY: "tls",
  HOSTNAME_MISMATCH: "tls",
};

/** The innermost code of an error: fetch wraps it in `cause`, connecting to several addresses in `errors`. */
export function codeOf(error: unknown): string | undefined {
  for (let at = error, depth = 0; at instanceof Error && depth < 8; depth++) {
    const { code, cause, errors } = at as { code?: unknown; cause?: unknown; errors?: unknown[] };
    if (typeof code === "string") return code;
    at = cause ?? errors?.[0];
  }
  return undefined;
}

/** Says how an exchange broke. */
export function classify(error: unknown): FailureClass {
  const code = codeOf(error) ?? "";
  return byCode[code] ?? (/^(ERR_(TLS|SSL)_|CERT_)/.test(code) ? "tls" : "other");
}

/** Whether the request can not have reached the other side: no connection stood. */
export function neverSent(error: unknown): boolean {
  const failed = classify(error);
  return (
    failed === "refused" ||
    failed === "name not found" ||
    failed === "tls" ||
    codeOf(error) === "UND_ERR_CONNECT_TIMEOUT"
  );
}

/** One plain sentence on a failure, for people. */
export function sentence(failed: FailureClass, where: string, error?: unknown): string {
  const code = codeOf(error);
  const detail = code === undefined ? "" : ` (${code})`;
  const said: Record<FailureClass, string> = {
    "time-out": `${where} did not answer in time${detail}.`,
    refused: `Nothing accepts connections at ${where}${detail}.`,
    cut: `The connection to ${where} was cut before the whole answer came${detail}.`,
    "name not found": `The name of ${where} leads nowhere${detail}.`,
    tls: `No secure connection to ${where} could be made${detail}.`,
    other: `The exchange with ${where} broke off${detail}.`,
  };
  return said[failed];
}
