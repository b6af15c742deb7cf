import type { Problem } from "../terms/index.js";
import type { Attempt, ChannelPorts } from "./channel.js";
import type { ChannelName } from "./channels/index.js";
import type { Notice } from "./ports.js";
import { channelNotConfigured, channelNotDelivering } from "./problems.js";
import { type NotConfiguredChannel, type Route, routesOf } from "./route.js";
import type { NotificationChannels } from "./settings.js";

/** The channels of one playbook, open. */
export interface Channels {
  /** What is set and can't deliver, and what to do about it. */
  readonly warnings: readonly Problem[];
  /**
   * Tries once on every channel the notice goes to, leaving out those that are done with it. Prints the
   * warnings before the first notice.
   * @returns Sent when all have it; to be tried again while that may help one of them.
   */
  deliver(notice: Notice, ports: ChannelPorts, signal?: AbortSignal): Promise<Attempt>;
}

/** Notices with some channels reached and some not; more than this many at once are not expected. */
const remembered = 1_000;

/**
 * Opens what the playbook has set.
 * @param settings Undefined when the playbook names no channels.
 * @param notConfigured Channels that were left out of `settings` because a variable is not set.
 */
export function openChannels(
  settings: NotificationChannels | undefined,
  notConfigured: readonly NotConfiguredChannel[] = [],
): Channels {
  const routes = routesOf(settings, notConfigured);
  const silent = (["pagerduty", "email"] as const).filter((name) => settings?.[name] !== undefined);
  const warnings = [
    ...routes.lacking.map(channelNotConfigured),
    ...silent.map((name) => channelNotDelivering({ setting: `notification_channels.${name}` })),
  ];
  let warned = false;
  // In memory only: after a crash in between, a channel may get a notice twice, but none goes without.
  const partly = new Map<string, Map<ChannelName, Attempt>>();

  return {
    warnings,
    async deliver(notice, ports, signal) {
      if (!warned) {
        warned = true;
        for (const { code, happened, stillTrue, fix } of warnings)
          ports.print(`${code}: ${happened} ${stillTrue} ${fix}`);
      }
      const { to, missing } = routes.of(notice.channel);
      const tries = new Map(partly.get(notice.key));
      const open = to.filter(({ name }) => worthATry(tries.get(name)));
      await Promise.all(
        open.map(async (route) => {
          tries.set(route.name, await tryOn(route, notice, ports, signal));
        }),
      );
      const whole = wholeOf([...tries.values(), ...(missing === undefined ? [] : [missing])]);
      partly.delete(notice.key);
      if (!whole.sent && whole.retry) remember(partly, notice.key, tries);
      return whole;
    },
  };
}

const worthATry = (last: Attempt | undefined) => last === undefined || (!last.sent && last.retry);

/** A channel that throws has failed in a way worth another try; what it threw may quote an address and is not told. */
async function tryOn({ name, channel }: Route, notice: Notice, ports: ChannelPorts, signal?: AbortSignal) {
  try {
    return await channel.deliver(notice, ports, signal);
  } catch {
    return { sent: false, retry: true, because: `${name} failed in Atoms itself` } as const satisfies Attempt;
  }
}

/** Folds the tries into one: sent when all are, tried again while one is worth it, else failed with every reason. */
function wholeOf(tries: readonly Attempt[]): Attempt {
  const failed = tries.filter((one) => !one.sent);
  if (failed.length === 0) return { sent: true };
  const waits = failed.flatMap(({ retryAfterMs }) => (retryAfterMs === undefined ? [] : [retryAfterMs]));
  return {
    sent: false,
    retry: failed.some(({ retry }) => retry),
    because: failed.map(({ because }) => because).join("; "),
    ...(waits.length === 0 ? {} : { retryAfterMs: Math.max(...waits) }),
  };
}

function remember<K, V>(map: Map<K, V>, key: K, value: V): void {
  const oldest = map.keys().next();
  if (map.size >= remembered && !oldest.done) map.delete(oldest.value);
  map.set(key, value);
}
