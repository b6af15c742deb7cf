import type { Http } from "@atoms/playbook";
import type { IntruderRequest } from "./intruder.js";

const answerMs = 5_000;
const refusals = [401, 403];

/** What a request comes to: it is served, whoever asks is refused, or there is no answer that says either. */
export async function triesRequest(
  http: Http,
  { url, method, headers, body }: IntruderRequest,
): Promise<"opens" | "refused" | "unclear"> {
  const answer = await http.send({
    url,
    method,
    headers,
    timeoutMs: answerMs,
    ...(body === undefined ? {} : { body }),
  });
  if (!answer.answered) return "unclear";
  if (answer.status >= 200 && answer.status < 300) return "opens";
  return refusals.includes(answer.status) ? "refused" : "unclear";
}
