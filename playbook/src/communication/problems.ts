import { defineProblem } from "../terms/index.js";

/** ATM-810 */
export const noticeUndelivered = defineProblem<{ channel: string; text: string; because: string }>({
  code: "ATM-810",
  title: "A notice was not delivered",
  happened: (a) => `The notice for ${a.channel} was given up: ${a.because}. It reads: "${a.text}"`,
  stillTrue: () => "It is kept in the outbox as undelivered. No release depends on it.",
  fix: () =>
    "Tell the people of that channel, and set `notification_channels` right; `atoms check` looks at it.",
});

/** ATM-811 */
export const channelNotConfigured = defineProblem<{ message: string }>({
  code: "ATM-811",
  title: "A channel lacks a variable",
  happened: (a) => `${a.message}.`,
  stillTrue: () => "Notices for it are printed instead.",
  fix: () => "Set the variable where Atoms runs, or take the channel out of the playbook.",
});

/** ATM-812 */
export const channelNotDelivering = defineProblem<{ setting: string }>({
  code: "ATM-812",
  title: "Atoms does not deliver to this channel yet",
  happened: (a) => `${a.setting} was read and checked, but Atoms can't deliver to it yet.`,
  stillTrue: () => "No notice is lost: one that names it is reported as undelivered, with its text.",
  fix: () => "Nothing, while Slack or a webhook takes the notices; otherwise set one of them.",
});
