/** What the edge needs of an answer to give one by itself, whichever way the request came in. */
export interface OwnAnswer {
  readonly headersSent: boolean;
  readonly destroyed: boolean;
  setHeader(name: string, value: string): unknown;
  writeHead(status: number, headers: Record<string, string | number>): unknown;
  end(body?: string): unknown;
  destroy(): unknown;
}

/** What the edge itself answers when no process did, in Vercel's manner. */
export interface EdgeError {
  readonly status: number;
  readonly code: string;
  readonly title: string;
}

export const EDGE_ERRORS = {
  notFound: { status: 404, code: "DEPLOYMENT_NOT_FOUND", title: "The deployment could not be found." },
  protected: { status: 401, code: "DEPLOYMENT_PROTECTED", title: "Authentication is required." },
  challenged: { status: 403, code: "CHALLENGE", title: "The visitor has to pass a challenge." },
  notReady: { status: 404, code: "DEPLOYMENT_NOT_READY", title: "The deployment is not ready." },
  failed: { status: 500, code: "FUNCTION_INVOCATION_FAILED", title: "A server error has occurred" },
  noAnswer: { status: 502, code: "NO_RESPONSE_FROM_FUNCTION", title: "The function gave no answer" },
  timeout: {
    status: 504,
    code: "FUNCTION_INVOCATION_TIMEOUT",
    title: "An error occurred with your deployment",
  },
  badRequest: { status: 400, code: "INVALID_REQUEST", title: "The request is malformed." },
} as const satisfies Record<string, EdgeError>;

/** Sends the error as plain text with its code in `x-vercel-error`; does nothing when an answer has begun. */
export function sendEdgeError(response: OwnAnswer, error: EdgeError, requestId: string): void {
  if (response.headersSent || response.destroyed) {
    response.destroy();
    return;
  }
  const body = `${error.title}\n\n${error.code}\n\n${requestId}\n`;
  response.writeHead(error.status, {
    "content-type": "text/plain; charset=utf-8",
    "content-length": Buffer.byteLength(body),
    "cache-control": "no-store",
    "x-vercel-error": error.code,
    "x-vercel-id": requestId,
  });
  response.end(body);
}
