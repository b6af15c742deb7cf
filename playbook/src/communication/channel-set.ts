import type { Problem } from "../terms/index.js";
import type { Attempt, ChannelPorts, Outgoing } from "./channel.js";
import type { ChannelName } from "./channels/index.js";
import { openPace } from "./pace.js";
import type { ChannelOutcome, NoticeRecord } from "./ports.js";
import { channelNotConfigured } from "./problems.js";
import { type NotConfiguredChannel, type Route, routesOf } from "./route.js";
import { NotificationChannels } from "./settings.js";

/** The channels of one playbook, open. */
export interface Channels {
  /** What is set and can't deliver, and what to do about it. */
  readonly warnings: readonly Problem[];
  /** How long a notice is tried, and when it is too late to be worth telling; in milliseconds. */
  readonly policy: NotificationChannels["delivery"];
  /** What is set up, by its name in the playbook, and of which kind it is. */
  readonly open: readonly { setting: string; name: ChannelName }[];
  /**
   * Tries once on every channel the notice goes to, leaving out those that are done with it; where one is down, the next
   * one takes over. Prints the warnings before the first notice.
   * @param notice With what was reached before.
   * @param onOutcome Told of every channel as soon as it was tried, before the others are done.
   * @returns Sent when all have it, or somebody took over for those that have not; to be tried again while that may help.
   */
  deliver(
    notice: Outgoing & Pick<NoticeRecord, "since" | "reached">,
    ports: ChannelPorts,
    onOutcome?: (channel: string, outcome: ChannelOutcome) => Promise<void>,
    signal?: AbortSignal,
  ): Promise<Attempt>;
  /**
   * Tries one channel that is set up, once, whatever the notice names.
   * @returns Undefined when it is not set up, or when the notice names no place there and the playbook neither.
   */
  test(
    setting: string,
    notice: Outgoing,
    ports: ChannelPorts,
    signal?: AbortSignal,
  ): Promise<Attempt | undefined>;
}

type Tries = Map<string, ChannelOutcome>;

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
  const warnings = routes.lacking.map(channelNotConfigured);
  const policy = settings?.delivery ?? NotificationChannels.parse({}).delivery;
  const pace = openPace();
  let warned = false;

  /** A channel that throws has failed in a way worth another try; what it threw may quote an address and is not told. */
  const tryOn = async (
    { name, channel, everyMs, place }: Route,
    notice: Outgoing,
    ports: ChannelPorts,
    signal?: AbortSignal,
  ): Promise<Attempt> => {
    const paused = pace.pausedFor(place, ports.clock.now());
    if (paused > 0)
      return { sent: false, retry: true, because: `${name} asked to be left alone`, retryAfterMs: paused };
    try {
      await pace.turn(place, everyMs, ports.clock, signal);
      const attempt = await channel.deliver(notice, ports, signal);
      if (!attempt.sent && attempt.retryAfterMs !== undefined)
        pace.pause(place, ports.clock.now() + attempt.retryAfterMs);
      return attempt;
    } catch {
      return { sent: false, retry: true, because: `${name} failed in Atoms itself` };
    }
  };

  return {
    warnings,
    policy,
    open: routes.open.map(({ setting, name }) => ({ setting, name })),
    async test(setting, notice, ports, signal) {
      const known = routes.open.some((one) => one.setting === setting);
      const route = known ? routes.one(setting, notice) : undefined;
      return route === undefined ? undefined : tryOn(route, notice, ports, signal);
    },
    async deliver(notice, ports, onOutcome, signal) {
      if (!warned) {
        warned = true;
        for (const { code, happened, stillTrue, fix } of warnings)
          ports.print(`${code}: ${happened} ${stillTrue} ${fix}`);
      }
      const { clock } = ports;
      const { to, missing, instead } = routes.of(notice);
      const tries: Tries = new Map(Object.entries(notice.reached));
      const attempts: Attempt[] = [];
      const tell = async (route: Route, words: Outgoing, several: boolean) => {
        const attempt = await tryOn(route, words, ports, signal);
        attempts.push(attempt);
        const outcome = outcomeOf(attempt, clock.now());
        tries.set(route.name, outcome);
        if (several) await onOutcome?.(route.name, outcome);
        return attempt;
      };

      const open = to.filter(({ name }) => worthATry(tries.get(name)));
      const several = to.length + instead.length > 1;
      await Promise.all(open.map((route) => tell(route, notice, several)));

      const late = clock.now() - notice.since >= policy.fall_over_after;
      const lost = [
        ...(missing === undefined ? [] : [missing]),
        ...to.flatMap(({ name }) => {
          const one = tries.get(name);
          const gone = one?.state === "failed" || (one?.state === "waiting" && late);
          return gone ? [one.because ?? name] : [];
        }),
      ];
      const takers = instead.filter(({ name }) => tries.get(name)?.state !== "failed");
      const reached = () => instead.some(({ name }) => tries.get(name)?.state === "sent");
      for (const route of lost.length === 0 || reached() ? [] : takers) {
        await tell(route, takenOver(notice, lost.join("; ")), several);
        if (reached()) break;
      }
      if (reached())
        return { sent: true, because: `${lost.join("; ")}; ${takersNames(instead, tries)} took over` };
      const standing = [...to, ...(lost.length === 0 ? [] : takers)];
      return wholeOf(
        standing.flatMap(({ name }) => tries.get(name) ?? []),
        missing,
        attempts,
      );
    },
  };
}

const worthATry = (last: ChannelOutcome | undefined) => last === undefined || last.state === "waiting";

function outcomeOf(attempt: Attempt, at: number): ChannelOutcome {
  if (attempt.sent) return { state: "sent", at };
  return { state: attempt.retry ? "waiting" : "failed", at, because: attempt.because };
}

/** The words for whoever takes over: whom they were for, and why they come here. */
const takenOver = (notice: Outgoing, because: string): Outgoing => ({
  ...notice,
  text: `(For ${notice.channel}, which was not reached: ${because}.) ${notice.text}`,
});

const takersNames = (instead: readonly Route[], tries: Tries) =>
  instead.flatMap(({ name }) => (tries.get(name)?.state === "sent" ? [name] : [])).join(", ");

/** Folds the channels into one: sent when all are, tried again while one is worth it, else failed with every reason. */
function wholeOf(
  outcomes: readonly ChannelOutcome[],
  missing: string | undefined,
  attempts: readonly Attempt[],
): Attempt {
  const failed = outcomes.filter(({ state }) => state !== "sent");
  const reasons = [
    ...failed.flatMap(({ because }) => because ?? []),
    ...(missing === undefined ? [] : [missing]),
  ];
  if (reasons.length === 0) return { sent: true };
  const waits = attempts.flatMap(({ retryAfterMs }) => (retryAfterMs === undefined ? [] : [retryAfterMs]));
  const silent = attempts.some((one) => one.silent === true);
  return {
    sent: false,
    retry: failed.some(({ state }) => state === "waiting"),
    because: [...new Set(reasons)].join("; "),
    ...(waits.length === 0 ? {} : { retryAfterMs: Math.max(...waits) }),
    ...(silent ? { silent } : {}),
  };
}
