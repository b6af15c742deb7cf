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
