/** Why a delivery is not taken, as its sender is told. */
export class Refusal extends Error {
  override readonly name = "Refusal";

  /** @param status HTTP status of the answer. @param reason Under which it is counted. */
  constructor(
    readonly status: 400 | 403 | 404 | 405 | 408 | 413 | 415 | 503,
    readonly reason: "garbage" | "unsigned" | "unknown" | "slow" | "too large" | "not understood" | "backlog",
    message: string,
    readonly headers: Record<string, string> = {},
  ) {
    super(message);
  }
}
