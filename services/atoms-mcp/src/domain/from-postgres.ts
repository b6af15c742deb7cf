import { StoreUnavailable } from "../storage/database.js";
import { Refusal } from "./refusal.js";

/**
 * What an error thrown while working on rows means to the caller. Texts are written here: a database's own text can
 * quote rows.
 * @returns a refusal, or undefined when the error is a fault of the server
 */
export function refusalFrom(error: unknown): Refusal | undefined {
  if (error instanceof Refusal) return error;
  if (error instanceof StoreUnavailable) {
    return new Refusal(
      "DATABASE_UNAVAILABLE",
      "The store cannot be reached; nothing was changed. Try again shortly.",
    );
  }
  const code = error instanceof Error ? (error as { code?: unknown }).code : undefined;
  switch (code) {
    case "23505":
      return new Refusal("DUPLICATE_ENTRY", "A record like this already exists; nothing was changed");
    case "23503":
      return new Refusal("INVALID_REFERENCE", "A referenced record does not exist; nothing was changed");
    case "23502":
    case "23514":
    case "22P02":
    case "22001":
    case "22003":
    case "22007":
    case "22008":
    case "22021":
    case "22P05":
      return new Refusal("VALIDATION_ERROR", "A value is missing or not allowed; nothing was changed");
    case "42501":
      return new Refusal("PERMISSION_DENIED", "Your role does not allow this; nothing was changed");
    case "AT001":
      return new Refusal(
        "LAST_OWNER",
        "The last owner cannot leave or be demoted; make somebody else an owner first",
      );
    default:
      return undefined;
  }
}
