import type { Seen } from "../model.js";
import type { Visit } from "../visit.js";

const noToken = "Set `validation.bearer` to where a token comes from; a 401 without one proves nothing.";
const badToken =
  "Either the token is not meant for this service (issuer, audience, expiry), or the service refuses good ones: see `atoms logs`.";

/**
 * What a refused MCP request means. A 401 without a token is no fault of the service and no proof of anything: the check
 * could not be made.
 * @param saw In a few words, without a full stop.
 * @param status Of the answer; null when there was none.
 */
export async function refusalSeen(
  visit: Visit,
  path: string,
  saw: string,
  status: number | null,
): Promise<Seen> {
  const evidence = { path, status };
  if (status === 401) {
    return (await visit.token()) === undefined
      ? { outcome: "error", saw: `${path}: ${saw}, and there is no token to send.`, fix: noToken, evidence }
      : { outcome: "fail", saw: `${path}: ${saw}, although a token was sent.`, fix: badToken, evidence };
  }
  if (status === 429) {
    const fix = "Set `validation.probe_header`, by which the service knows its monitors, or wait a minute.";
    return { outcome: "error", saw: `${path}: ${saw}; too many requests were sent.`, fix, evidence };
  }
  return {
    outcome: "fail",
    saw: `${path}: ${saw}.`,
    fix: "See `atoms logs` for what the service made of it.",
    evidence,
  };
}
