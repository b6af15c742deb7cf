import { defineProblem } from "../terms/index.js";

/** ATM-810 */
export const noticeUndelivered = defineProblem<{ channel: string; text: string; because: string }>({
  code: "ATM-810",
  title: "A notice was not delivered",
  happened: (a) => `The notice for ${a.channel} was given up: ${a.because}. It reads: "${a.text}"`,
  stillTrue: () => "It is kept as undelivered. No release depends on it.",
  fix: () =>
    "Set `notification_channels` right, try it with `atoms channels test`; then `atoms notices retry` sends it.",
});

/** ATM-811 */
export const channelNotConfigured = defineProblem<{ message: string }>({
  code: "ATM-811",
  title: "A channel lacks a variable",
  happened: (a) => `${a.message}.`,
  stillTrue: () => "Notices for it are printed instead.",
  fix: () => "Set the variable where Atoms runs, or take the channel out of the playbook.",
});

/** ATM-813 */
export const channelUnknown = defineProblem<{ channel: string; known: string }>({
  code: "ATM-813",
  title: "No such channel",
  happened: (a) => `The playbook sets up no channel ${a.channel}.`,
  stillTrue: () => "Nothing was sent.",
  fix: (a) => `Name one of ${a.known}, or set it up in notification_channels.`,
  ending: "usage",
});

/** ATM-815 */
export const noChannels = defineProblem({
  code: "ATM-815",
  title: "No channel is set up",
  happened: () => "The playbook names no channel in notification_channels.",
  stillTrue: () => "Notices are printed.",
  fix: () => "Set one up, e.g. slack or email; docs/reference/settings.md lists them.",
  ending: "usage",
});

/** ATM-814 */
export const noDeadNotice = defineProblem<{ notice: string }>({
  code: "ATM-814",
  title: "No such undelivered notice",
  happened: (a) => `There is no notice ${a.notice} that was given up.`,
  stillTrue: () => "Nothing was changed.",
  fix: () => "`atoms notices list --state dead` lists those there are.",
  ending: "usage",
});
