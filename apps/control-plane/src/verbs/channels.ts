import { randomUUID } from "node:crypto";
import { type Attempt, channelUnknown, noChannels, type Outgoing } from "@atoms/playbook";
import { z } from "zod";
import type { OpenPlaybook } from "../control-plane.js";
import { playbookRef } from "./playbook-ref.js";
import { defineVerb } from "./verb.js";

/** A channel of the playbook. */
export type ChannelInfo = {
  /** Its name in `notification_channels`. */
  channel: string;
  /** How it is reached, e.g. "slack-app"; undefined while it lacks a variable. */
  kind?: string;
  /** Why it can't deliver; undefined when it is set up. */
  because?: string;
  /** Its place in the order of those that take over for one that is down, from 1. */
  takesOver?: number;
};

/** What came of a test of one channel. */
export type ChannelTest = {
  channel: string;
  kind?: string;
  sent: boolean;
  because?: string;
  /** What came back: a status and the like; never an address or a secret. */
  saw?: string;
  ms: number;
};

/** The channels that the playbook names. */
export const listChannels = defineVerb({
  name: "list channels",
  method: "GET",
  role: "viewer",
  path: "/channels",
  summary: "List the channels that messages go through",
  input: z.strictObject({ ...playbookRef }),
  async run(plane, input): Promise<ChannelInfo[]> {
    const open = await plane.open(input);
    const order: readonly string[] = open.settings.notification_channels.delivery.fall_over;
    const takesOver = (channel: string) =>
      order.includes(channel) ? { takesOver: order.indexOf(channel) + 1 } : {};
    return [
      ...plane
        .channels()
        .open.map(({ setting, name }) => ({ channel: setting, kind: name, ...takesOver(setting) })),
      ...lackingOf(open),
    ];
  },
});

/** Sends one message through each channel, so that it is known to work before it is needed. */
export const testChannels = defineVerb({
  name: "test channels",
  method: "POST",
  role: "operator",
  path: "/channels/test",
  summary: "Send a test message through one channel or all of them",
  input: z.strictObject({
    ...playbookRef,
    channel: z.string().optional().describe("Its name in notification_channels; all of them when left out."),
    to: z
      .string()
      .min(1)
      .max(200)
      .optional()
      .describe("A place there: a Slack channel such as #incidents, or an e-mail address."),
  }),
  async run(plane, input, actor): Promise<ChannelTest[]> {
    const open = await plane.open(input);
    const channels = plane.channels();
    const lacking = lackingOf(open);
    const known = [...channels.open.map(({ setting }) => setting), ...lacking.map(({ channel }) => channel)];
    if (known.length === 0) throw noChannels();
    if (input.channel !== undefined && !known.includes(input.channel))
      throw channelUnknown({ channel: input.channel, known: known.join(", ") });
    const asked = (channel: string) => input.channel === undefined || input.channel === channel;
    const ports = await plane.channelPorts();

    const test = async (setting: string, kind: string): Promise<ChannelTest> => {
      const begun = plane.clock.monotonic();
      const notice = testNotice(open, setting, input.to, actor.name, plane.clock.now());
      let attempt: Attempt | undefined = await channels.test(setting, notice, ports);
      // What was triggered in PagerDuty for a test is over at once.
      if (setting === "pagerduty" && attempt?.sent === true) {
        const over = await channels.test(setting, { ...notice, status: "resolved" }, ports);
        if (over?.sent === false)
          attempt = { ...over, because: `triggered, but could not be resolved: ${over.because}` };
      }
      return {
        channel: setting,
        kind,
        ...(attempt === undefined
          ? { sent: false, because: "no Slack channel is named for it: set slack_channels, or use --to" }
          : toldOf(attempt)),
        ms: Math.round(plane.clock.monotonic() - begun),
      };
    };
    const tests = channels.open.filter(({ setting }) => asked(setting));
    return [
      ...(await Promise.all(tests.map(({ setting, name }) => test(setting, name)))),
      ...lacking
        .filter(({ channel }) => asked(channel))
        .map(({ channel, because }) => ({ channel, sent: false, because, ms: 0 })),
    ];
  },
});

const toldOf = (attempt: Attempt) => ({
  sent: attempt.sent,
  ...(attempt.because === undefined ? {} : { because: attempt.because }),
  ...(attempt.saw === undefined ? {} : { saw: attempt.saw }),
});

const lackingOf = ({ notConfigured }: OpenPlaybook) =>
  notConfigured
    .filter(({ part }) => part.startsWith("notification_channels."))
    .map(({ part, message }) => ({
      channel: part.slice("notification_channels.".length),
      because: message.slice(message.indexOf(": ") + 2),
    }));

function testNotice(
  { service, environment, settings }: OpenPlaybook,
  setting: string,
  to: string | undefined,
  who: string,
  now: number,
): Outgoing {
  const { slack_channels: named } = settings;
  const place = named.monitoring ?? named.deployments ?? named.incidents;
  const id = `test_${randomUUID()}`;
  return {
    key: id,
    thread: id,
    status: "open",
    severity: "low",
    title: `Test of the channel ${setting}`,
    service,
    environment,
    channel: to ?? (setting === "slack" ? (place ?? setting) : setting),
    text: `This is a test by ${who} of the channel ${setting} of ${service}. Nothing has happened.`,
    dueAt: now,
  };
}
