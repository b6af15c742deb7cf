import { defineProblem } from "../terms/index.js";

/** ATM-810 */
export const noChannelYet = defineProblem<{ channel: string; kind: string }>({
  code: "ATM-810",
  title: "No channel for it yet",
  happened: (a) => `A notice is meant for ${a.channel}, and Atoms can't deliver by ${a.kind} yet.`,
  stillTrue: () => "The notice is kept in the outbox as undelivered, and was printed.",
  fix: () =>
    "Name a Slack channel in the plan instead, or set `notification_channels.webhook` to a receiver that passes it on.",
});

/** ATM-811 */
export const noticeUndelivered = defineProblem<{ channel: string; because: string }>({
  code: "ATM-811",
  title: "A notice was not delivered",
  happened: (a) => `The notice for ${a.channel} was given up: ${a.because}.`,
  stillTrue: () =>
    "It is kept in the outbox as undelivered, and was printed. The release does not depend on it.",
  fix: () =>
    "Check `notification_channels` with `atoms check`, and tell the people of that channel yourself.",
});

/** ATM-812 */
export const channelNotConfigured = defineProblem<{ message: string }>({
  code: "ATM-812",
  title: "A channel lacks a variable",
  happened: (a) => `${a.message}.`,
  stillTrue: () => "Notices for it are printed instead.",
  fix: () => "Set the variable where Atoms runs, or take the channel out of the playbook.",
});

/** ATM-813 */
export const channelNotDelivering = defineProblem<{ setting: string }>({
  code: "ATM-813",
  title: "A channel is set that Atoms does not deliver to yet",
  happened: (a) => `${a.setting} was read and checked, but Atoms can't deliver to it yet.`,
  stillTrue: () => "No notice is lost for it: one that names it is reported as undelivered, and printed.",
  fix: () => "Nothing, if Slack or a webhook is set as well; otherwise set one of them.",
});
