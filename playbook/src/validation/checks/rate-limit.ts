import { defineCheck } from "./check.js";

export const rateLimit = defineCheck({
  name: "rate-limit",
  title: "Too many requests are refused",
  why: "One client in a loop can take the service away from all others.",
  setting: "rate_limit",
  patience: 4,
  last: true,
  async run(visit, { path, requests, concurrency }) {
    const statuses = new Map<string, number>();
    let next = 0;
    const worker = async () => {
      while (next < requests) {
        next++;
        // Without the probe header: monitors are let through, and it is strangers who must be stopped.
        const result = await visit.ask({ path, probe: false });
        const key = result.answered ? String(result.status) : result.why;
        statuses.set(key, (statuses.get(key) ?? 0) + 1);
      }
    };
    await Promise.all(Array.from({ length: Math.min(concurrency, requests) }, worker));
    const refused = statuses.get("429") ?? 0;
    const evidence = { path, requests, refused };
    if (refused > 0) {
      return {
        outcome: "pass",
        saw: `${refused} of ${requests} quick requests to ${path} were refused with 429.`,
        evidence,
      };
    }
    const seen = [...statuses].map(([status, count]) => `${count} × ${status}`).join(", ");
    return {
      outcome: "warn",
      saw: `None of ${requests} quick requests to ${path} was refused with 429 (${seen}).`,
      fix: "Limit requests per client, in the service or in the platform's firewall; or set `validation.smoke.rate_limit: false`.",
      evidence,
    };
  },
});
