import { defineProblem } from "@atoms/playbook";

/** What every problem with the platform knows. */
export interface Asked {
  /** Name of the platform, "Vercel" or "The local cloud". */
  platform: string;
  /** Base address of its API. */
  api: string;
  /** What was asked, as an infinitive: "promote dpl_1". */
  asked: string;
  /** Whether it was an act and not a read. */
  act: boolean;
}

/** An answer that was a refusal. */
export interface Refused extends Asked {
  status: number;
  code: string;
  message: string;
}

const untouched = (facts: Asked) =>
  facts.act
    ? "The platform did not do what it was asked; traffic is where it was."
    : "It was only a question: nothing was changed.";

/** ATM-301 */
export const tokenRefused = defineProblem<Refused>({
  code: "ATM-301",
  title: "The platform refuses the token",
  happened: (a) => `${a.platform} at ${a.api} was asked to ${a.asked} and refused the token: ${a.message}`,
  stillTrue: untouched,
  fix: () =>
    "Make a new token on the platform (Account Settings, Tokens), check that it belongs to the right team and has not expired, and set it as VERCEL_TOKEN.",
});

/** ATM-302 */
export const unreachable = defineProblem<Asked & { message: string }>({
  code: "ATM-302",
  title: "The platform can not be reached",
  happened: (a) => `${a.platform} was to be asked to ${a.asked}: ${a.message}`,
  stillTrue: () => "The request was never sent; traffic is where it was.",
  fix: (a) =>
    `Check that ${a.api} is the right address and can be reached from here. For the local cloud: \`atoms up\`, then again.`,
});

/** ATM-303 */
export const tooSlow = defineProblem<Asked & { message: string }>({
  code: "ATM-303",
  title: "The platform did not answer in time",
  happened: (a) => `${a.platform} was asked to ${a.asked}, several times where that is safe: ${a.message}`,
  stillTrue: (a) =>
    a.act
      ? "It may have done it all the same; repeating it is safe."
      : "It was only a question: nothing was changed.",
  fix: () => "Look at the platform's status page, then run the command again; it goes on where it stopped.",
});

/** ATM-304 */
export const rateLimited = defineProblem<Refused & { waitSeconds: number | undefined }>({
  code: "ATM-304",
  title: "The platform limits the rate of requests",
  happened: (a) =>
    `${a.platform} was asked to ${a.asked} and answered "too many requests" (${a.code}) longer than Atoms waits for.`,
  stillTrue: untouched,
  fix: (a) =>
    a.waitSeconds === undefined
      ? "Wait a minute and run the command again."
      : `The platform asks to come back in ${Math.ceil(a.waitSeconds)} s; run the command again then.`,
});

/** ATM-305 */
export const platformFailed = defineProblem<Refused>({
  code: "ATM-305",
  title: "The platform itself fails",
  happened: (a) => `${a.platform} was asked to ${a.asked} and answered ${a.status} (${a.code}): ${a.message}`,
  stillTrue: (a) =>
    a.act
      ? "It may have done it all the same; repeating it is safe."
      : "It was only a question: nothing was changed.",
  fix: () => "Look at the platform's status page, then run the command again; it goes on where it stopped.",
});

/** ATM-306 */
export const buildFailed = defineProblem<{ deployment: string; failure: string; lines: string[] }>({
  code: "ATM-306",
  title: "The build failed",
  happened: (a) =>
    [`The build of ${a.deployment} failed: ${a.failure}`, ...a.lines.map((line) => `  ${line}`)].join("\n"),
  stillTrue: () => "A failed build gets no traffic; production serves what it served.",
  fix: (a) => `Put the build right and release again. The whole log: \`atoms logs ${a.deployment}\`.`,
});

/** ATM-307 */
export const projectUnavailable = defineProblem<Refused & { project: string; team: string | undefined }>({
  code: "ATM-307",
  title: "The project is not there, or not for this token",
  happened: (a) =>
    `${a.platform} was asked to ${a.asked} of the project ${a.project} ${a.team === undefined ? "in the token's own account" : `in the team ${a.team}`} and answered ${a.status}: ${a.message}`,
  stillTrue: untouched,
  fix: () =>
    "Check `project` and `team` in the playbook, and that the token belongs to a member of that team who may deploy.",
});

/** ATM-308 */
export const planExhausted = defineProblem<Refused>({
  code: "ATM-308",
  title: "The plan does not allow it",
  happened: (a) => `${a.platform} was asked to ${a.asked} and answered ${a.status} (${a.code}): ${a.message}`,
  stillTrue: untouched,
  fix: () =>
    "Wait until the quota is renewed, or choose a plan that includes it. On the Hobby plan only the previous deployment can be rolled back to. A canary needs no rolling releases with `canary.split: weights`.",
});

/** ATM-309 */
export const deploymentNotFound = defineProblem<Asked & { deployment: string }>({
  code: "ATM-309",
  title: "The platform knows no such deployment",
  happened: (a) => `${a.platform} was asked to ${a.asked}, and knows no deployment ${a.deployment}.`,
  stillTrue: untouched,
  fix: () =>
    "List what there is with `atoms deployments`. Old deployments are removed by the platform's retention policy.",
});

/** ATM-310 */
export const notUnderstood = defineProblem<Asked & { message: string }>({
  code: "ATM-310",
  title: "The answer of the platform was not understood",
  happened: (a) => `${a.platform} at ${a.api} was asked to ${a.asked}. ${a.message}`,
  stillTrue: (a) =>
    a.act
      ? "It may have done it all the same; repeating it is safe."
      : "It was only a question: nothing was changed.",
  fix: (a) =>
    `Check that ${a.api} is the API of the platform and not a proxy or a login page. If it is, the API has changed: report it with this message.`,
});

/** ATM-311 */
export const outcomeUnknown = defineProblem<Asked & { message: string; state: string }>({
  code: "ATM-311",
  title: "It is not known whether the platform did it",
  happened: (a) =>
    `${a.platform} was asked to ${a.asked}, and no good answer came: ${a.message} The state was read back: ${a.state}.`,
  stillTrue: (a) => `As last read: ${a.state}.`,
  fix: () => "Run the command again: it reads the state first, and repeating it is safe.",
});

/** ATM-312 */
export const requestRefused = defineProblem<Refused>({
  code: "ATM-312",
  title: "The platform refuses the request",
  happened: (a) => `${a.platform} was asked to ${a.asked} and answered ${a.status} (${a.code}): ${a.message}`,
  stillTrue: untouched,
  fix: () => "Follow the platform's message; `atoms status` shows what is under way.",
});

/** ATM-313 */
export const rollingReleaseInTheWay = defineProblem<Asked & { obstacle: string; outcome: string }>({
  code: "ATM-313",
  title: "A rolling release is in the way",
  happened: (a) => `${a.platform} was to be asked to ${a.asked}, but ${a.obstacle}.`,
  stillTrue: (a) => a.outcome,
  fix: () =>
    "Complete a rolling release that is under way, or abort it by rolling back to its stable deployment. Switch rolling releases off in the project's settings if they are on: Atoms switches them on for the length of its own canaries. Then release again.",
});

/** ATM-314 */
export const rolloutOfOthers = defineProblem<
  Asked & { running: string; stages: string; share: number; startedAt: string; kind?: string }
>({
  code: "ATM-314",
  title: "Somebody else's staged shift is under way",
  happened: (a) =>
    `${a.platform} was to be asked to ${a.asked}, but since ${a.startedAt} a ${a.kind ?? "rolling release"} to ${a.running} is under way (${a.stages}).`,
  stillTrue: (a) =>
    `That ${a.kind ?? "rolling release"} was left alone: ${a.running} gets ${a.share} % of the visitors as before, the rest gets what production served.`,
  fix: (a) =>
    `Find out whose it is (\`atoms deployments\` lists ${a.running}). When it is over, completed or rolled back, release again.`,
  ending: "refused",
});

/** ATM-542 */
export const metricsNotOffered = defineProblem<{ platform: string; status: number; message: string }>({
  code: "ATM-542",
  title: "The platform does not let Atoms ask for its metrics",
  happened: (a) =>
    `${a.platform} was asked how many requests it counted and answered ${a.status}: ${a.message}`,
  stillTrue: () => "Nothing was changed.",
  fix: () =>
    "Vercel counts for projects of a team that has Observability Plus, and tells whom the token's role lets ask. Otherwise set `canary.source` to drain, probe or prometheus.",
});

/** ATM-528 */
export const configMissing = defineProblem<Asked & { config: string }>({
  code: "ATM-528",
  title: "There is no such Global Config",
  happened: (a) => `${a.platform} was asked to ${a.asked}, and knows no Global Config ${a.config}.`,
  stillTrue: () => "Nothing was changed.",
  fix: () =>
    "Put the id or the slug in `maintenance.flag.config` right, or create it on the platform and connect the project to it: a service that is not connected reads no flag.",
  ending: "refused",
});

/** ATM-551 */
export const weightsForeign = defineProblem<Asked & { config: string; item: string }>({
  code: "ATM-551",
  title: "The item of the weights holds something else",
  happened: (a) =>
    `${a.platform} was to be asked to ${a.asked}, but the item ${a.item} of the Global Config ${a.config} holds what Atoms did not write.`,
  stillTrue: () => "It was left as it is, and no traffic was moved.",
  fix: () =>
    "Name another item in `canary.weights.item`, or delete that one on the platform if nobody needs it.",
  ending: "refused",
});

/** ATM-552 */
export const weightsConfigMissing = defineProblem<Asked & { config: string }>({
  code: "ATM-552",
  title: "There is no such Global Config",
  happened: (a) => `${a.platform} was asked to ${a.asked}, and knows no Global Config ${a.config}.`,
  stillTrue: () => "No traffic was moved.",
  fix: () =>
    "Put the id or the slug in `canary.weights.config` right. A slug that is free is created with the next deployment; an id is given by the platform.",
  ending: "refused",
});
