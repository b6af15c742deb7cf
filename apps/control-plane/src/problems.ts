import { defineProblem } from "@atoms/playbook/problem";

/** ATM-910 */
export const tokenRefused = defineProblem({
  code: "ATM-910",
  title: "The control plane refused the token",
  happened: () => "The request bore no token, a wrong one, or came from a web page.",
  fix: () =>
    "On the same machine `atoms` finds the token by itself; elsewhere set ATOMS_URL and ATOMS_TOKEN.",
  ending: "refused",
});

/** ATM-911 */
export const controlPlaneAway = defineProblem<{ url: string; why: string }>({
  code: "ATM-911",
  title: "The control plane does not answer",
  happened: (a) => `${a.url}: ${a.why}.`,
  stillTrue: () =>
    "A release that was under way is kept in the store and goes on when a control plane runs again.",
  fix: () => "`atoms up` starts it; its log is in .atoms/logs/control-plane.log.",
});

/** ATM-912 */
export const notAsked = defineProblem<{ verb: string; mistakes: string }>({
  code: "ATM-912",
  title: "The request could not be understood",
  happened: (a) => `${a.verb}: ${a.mistakes}`,
  fix: () => "`atoms --help` and `atoms <command> --help` show what may be asked.",
  ending: "usage",
});

/** ATM-913 */
export const internalFailure = defineProblem<{ what: string }>({
  code: "ATM-913",
  title: "Atoms itself failed",
  happened: (a) =>
    `While doing ${a.what}, Atoms met an error it has no name for. This is a mistake in Atoms.`,
  fix: () => "The log in .atoms/logs holds the details; `atoms doctor` checks what Atoms needs.",
});

/** ATM-914 */
export const noPlaybook = defineProblem<{ folder: string }>({
  code: "ATM-914",
  title: "There is no playbook here",
  happened: (a) => `Neither ${a.folder} nor a folder above it holds a playbook.yaml.`,
  fix: () => "`atoms init` writes one; or name one with `--playbook <file>`.",
  ending: "usage",
});

/** ATM-915 */
export const nobodyWorks = defineProblem<{ release: string; phase: string }>({
  code: "ATM-915",
  title: "Nobody works on the release any more",
  happened: (a) => `The process that worked on ${a.release} ended while it was in ${a.phase}.`,
  stillTrue: () => "The release is kept as it was; `atoms status` says where traffic is.",
  fix: () => "`atoms deploy --resume` goes on with it, `atoms abort` ends it safely.",
});

/** ATM-916 */
export const platformSilent = defineProblem<{ platform: string; seconds: number }>({
  code: "ATM-916",
  title: "The platform did not answer in time",
  happened: (a) => `${a.platform} did not say within ${a.seconds} s what production serves.`,
  stillTrue: () => "It was only a question: nothing was changed, and traffic is where it was.",
  fix: () => "Look at the platform's status page, then ask again.",
});

/** ATM-917 */
export const nothingServed = defineProblem<{ service: string; asked: string }>({
  code: "ATM-917",
  title: "No such deployment",
  happened: (a) => `${a.service} has no deployment that is ${a.asked}.`,
  fix: () => "`atoms deployments` lists what exists; `atoms deploy` makes the first.",
  ending: "usage",
});

/** ATM-918 */
export const cannotGoOn = defineProblem<{ release: string; because: string }>({
  code: "ATM-918",
  title: "The release cannot go on here",
  happened: (a) =>
    `${a.release} is kept where it was, because what it needs could not be opened: ${a.because}`,
  stillTrue: () => "Nothing of it was lost, and traffic was left where it is; `atoms status` says where.",
  fix: () =>
    "Put that right, then `atoms deploy --resume`; a background control plane has to be started anew: `atoms down`, `atoms up`.",
});

/** ATM-919 */
export const noDrainAddress = defineProblem({
  code: "ATM-919",
  title: "Drains have nowhere to deliver to",
  happened: () => "`canary.source` is drain, and the platform cannot reach this control plane on loopback.",
  stillTrue: () => "No traffic was moved.",
  fix: () => "Set ATOMS_PUBLIC_URL to an address that leads to the control plane, or use `source: probe`.",
  ending: "refused",
});

/** ATM-850 */
export const noSuchMonitor = defineProblem<{ monitor: string; known: readonly string[] }>({
  code: "ATM-850",
  title: "No such monitor",
  happened: (a) =>
    `The playbook has no monitor ${a.monitor}${a.known.length === 0 ? "" : `; it has ${a.known.join(", ")}`}.`,
  fix: () => "`atoms monitor` lists them; `monitors` in the playbook adds one.",
  ending: "usage",
});

/** ATM-851 */
export const noHeartbeat = defineProblem<{ monitor: string; kind: string }>({
  code: "ATM-851",
  title: "The monitor waits for no sign of life",
  happened: (a) => `${a.monitor} is of kind ${a.kind}: it looks by itself.`,
  stillTrue: () => "Nothing was changed.",
  fix: () =>
    "`atoms monitor` lists the kinds; a monitor `{ kind: heartbeat, name: backup, expected_every: 1d }` in the playbook waits for signs of life.",
  ending: "usage",
});

/** ATM-249 */
export const noSuchJob = defineProblem<{ job: string }>({
  code: "ATM-249",
  title: "Nobody works on it any more",
  happened: (a) => `The control plane that worked on ${a.job} has ended, or was started anew.`,
  stillTrue: () => "What was whole by then is kept; what was half done was not put in place.",
  fix: () => "Look with `atoms backup list` and `atoms status`, then repeat the command.",
});

/** ATM-248 */
export const jobCancelled = defineProblem<{ what: string }>({
  code: "ATM-248",
  title: "It was cancelled",
  happened: (a) => `${a.what} was cut short, because somebody cancelled it or the control plane ended.`,
  stillTrue: () => "What was half done was taken away again.",
  fix: () => "Repeat the command when it is wanted.",
  ending: "refused",
});

/** ATM-940 */
export const roleLacking = defineProblem<{
  who: string;
  role: string;
  environments: string;
  needed: string;
  where: string;
}>({
  code: "ATM-940",
  title: "That is not yours to do",
  happened: (a) => `It takes ${a.needed} in ${a.where}; ${a.who} is ${a.role} in ${a.environments}.`,
  stillTrue: () => "Nothing was done.",
  fix: () =>
    "Ask an admin for a token or a sign-in link with that role; where no environment was named, naming one may do.",
  ending: "refused",
});

/** ATM-941 */
export const linkRefused = defineProblem({
  code: "ATM-941",
  title: "The sign-in link does not count",
  happened: () => "It was used before, is older than ten minutes, or was not made by this control plane.",
  stillTrue: () => "Nobody was signed in.",
  fix: () =>
    "`atoms dashboard` makes a new one, in the folder of the playbook; elsewhere ask an admin for it.",
  ending: "refused",
});

/** ATM-942 */
export const tooManyRequests = defineProblem<{ seconds: number }>({
  code: "ATM-942",
  title: "Too many requests",
  happened: (a) => `This caller asks faster than it is answered; the next may come in ${a.seconds} s.`,
  stillTrue: () => "The request was not looked at.",
  fix: () =>
    "Wait as long as the header Retry-After says; follow /api/v1/events instead of asking again and again.",
  ending: "refused",
});

/** ATM-943 */
export const pathNotYours = defineProblem<{ what: string }>({
  code: "ATM-943",
  title: "Only the control plane's own files can be named",
  happened: (a) => `The request names ${a.what}, which is not the control plane's own.`,
  stillTrue: () => "Nothing was read and nothing was done.",
  fix: () =>
    "Leave `playbook` out: the control plane uses its own. A source or a group lies in the folder of that playbook.",
  ending: "refused",
});

/** ATM-944 */
export const tokenNameTaken = defineProblem<{ name: string }>({
  code: "ATM-944",
  title: "There is a token of that name",
  happened: (a) => `A token ${a.name} exists and counts still.`,
  stillTrue: () => "No token was made.",
  fix: (a) => `Choose another name, or end the old one first: \`atoms token revoke ${a.name}\`.`,
  ending: "refused",
});

/** ATM-945 */
export const noSuchToken = defineProblem<{ token: string }>({
  code: "ATM-945",
  title: "No such token",
  happened: (a) => `No token ${a.token} counts: there never was one, or it was revoked or has expired.`,
  fix: () => "`atoms token list` lists them.",
  ending: "usage",
});

/** ATM-946 */
export const requestTooLarge = defineProblem<{ bytes: number }>({
  code: "ATM-946",
  title: "The request is too large",
  happened: (a) => `A request may have ${a.bytes} bytes at most.`,
  stillTrue: () => "It was not read to its end, and nothing was done.",
  fix: () => "Send less; a source is named by its folder, never sent.",
  ending: "usage",
});

/** ATM-947 */
export const tooManyStreams = defineProblem<{ most: number }>({
  code: "ATM-947",
  title: "Too many follow the ledger",
  happened: (a) => `${a.most} streams of events are open already.`,
  stillTrue: () => "Everything else is answered.",
  fix: () => "Close one, or ask `/api/v1/ledger` for what is after the last entry you know.",
  ending: "refused",
});

/** ATM-948 */
export const foreignPage = defineProblem({
  code: "ATM-948",
  title: "The request came from another page",
  happened: () => "A browser sent it with a session of the control plane, for a page that is not its own.",
  stillTrue: () => "Nothing was done.",
  fix: () =>
    "Use a session only on pages of the control plane's own address; behind a proxy set ATOMS_PUBLIC_URL to the address in the browser. A program needs a token: `atoms token create`.",
  ending: "refused",
});

/** ATM-949 */
export const planTokenRefused = defineProblem<{ tool: string; because: string }>({
  code: "ATM-949",
  title: "The plan token does not count",
  happened: (a) => `${a.tool}: ${a.because}.`,
  stillTrue: () => "Nothing was done.",
  fix: (a) =>
    `Call \`plan\` with this tool and these arguments, look at what it says, then call \`${a.tool}\` with its plan_token.`,
  ending: "refused",
});

/** ATM-950 */
export const noProvider = defineProblem({
  code: "ATM-950",
  title: "No identity provider is set up",
  happened: () => "The playbook has no `sign_in.oidc`.",
  fix: () => "`atoms dashboard` makes a link that signs in; docs/reference/settings.md tells of `sign_in`.",
  ending: "usage",
});

/** ATM-951 */
export const identityRefused = defineProblem<{ name: string; because: string }>({
  code: "ATM-951",
  title: "The identity provider's answer was not taken",
  happened: (a) => `${a.name}: ${a.because}.`,
  stillTrue: () => "Nobody was signed in.",
  fix: () =>
    "Try again from the dashboard. If it stays so, compare issuer, client_id, client_secret and the redirect address (<address of the dashboard>/auth/oidc/callback) with what is registered there; behind a proxy set ATOMS_PUBLIC_URL. `atoms dashboard` signs in without it.",
  ending: "refused",
});

/** ATM-952 */
export const nobodyKnown = defineProblem<{ who: string; name: string }>({
  code: "ATM-952",
  title: "This person has no role here",
  happened: (a) => `${a.name} says that this is ${a.who}, whom no rule of sign_in.oidc.roles fits.`,
  stillTrue: () => "Nobody was signed in.",
  fix: () =>
    "Ask whoever keeps the playbook for a rule. An e-mail address counts only if the provider says that it is verified.",
  ending: "refused",
});

/** ATM-953 */
export const playbookNotReady = defineProblem({
  code: "ATM-953",
  title: "Nobody can sign in now",
  happened: () => "The control plane's playbook has mistakes, or cannot be read.",
  stillTrue: () => "Whoever is signed in stays so, and what is under way goes on.",
  fix: () =>
    "Whoever keeps the playbook types `atoms check` in its folder: it names every place. Then try again.",
  ending: "refused",
});

/** ATM-960 */
export const otherQuestion = defineProblem<{ release: string; meant: string; open: string }>({
  code: "ATM-960",
  title: "Another question is open by now",
  happened: (a) => `The answer was meant for "${a.meant}"; ${a.release} now asks about "${a.open}".`,
  stillTrue: () => "Nothing was answered.",
  fix: () => "Look at what it asks now, then answer that.",
  ending: "refused",
});
