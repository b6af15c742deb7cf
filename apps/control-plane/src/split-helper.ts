import {
  type Candidate,
  type Finding,
  faultOfHelper,
  type HelperSight,
  type Http,
  helperIn,
  type SplitState,
  splitAskHeader,
} from "@atoms/playbook";
import type { VercelPlatform } from "@atoms/vercel";

/** Asks the routing helper at an address about itself; the service behind it is not asked. */
async function askHelper(
  http: Http,
  platform: VercelPlatform,
  address: string,
  signal: AbortSignal,
): Promise<HelperSight> {
  const headers = { ...platform.passHeaders(), [splitAskHeader]: "1" };
  return helperIn(await http.send({ url: `${address}/`, headers, timeoutMs: 10_000 }, signal));
}

/** Asks every production host for the helper. */
export async function helpersOfProduction(
  http: Http,
  platform: VercelPlatform,
  signal: AbortSignal,
): Promise<SplitState> {
  const { deployment, hosts } = await platform.production(signal);
  if (deployment === undefined || platform.weights === undefined) return { wanted: undefined, hosts: [] };
  const { item } = platform.weights;
  const config = await platform.weights.config(signal);
  return {
    wanted: { deployment: deployment.id, config, item },
    hosts: await Promise.all(
      hosts.map(async (host) => ({ host, sight: await askHelper(http, platform, host, signal) })),
    ),
  };
}

/** Whether a candidate can be given a share of traffic; undefined where no weights split it. */
export async function helperOfCandidate(
  http: Http,
  platform: VercelPlatform,
  { id, address }: Candidate,
  signal: AbortSignal,
): Promise<Finding | undefined> {
  if (platform.weights === undefined) return undefined;
  const began = performance.now();
  const { item } = platform.weights;
  const wanted = { deployment: id, config: await platform.weights.config(signal), item };
  const fault = faultOfHelper(await askHelper(http, platform, address, signal), wanted);
  const common = {
    check: "split",
    title: "The routing helper is in the new deployment",
    ms: Math.round(performance.now() - began),
  };
  if (fault === undefined) return { ...common, outcome: "pass", saw: `It reads ${item}.` };
  return {
    ...common,
    outcome: fault.outcome,
    saw: `${address} ${fault.saw}.`,
    fix: "Put the helper in front of the service, as its first handler (packages/split), or set canary.split: rolling-release.",
  };
}
