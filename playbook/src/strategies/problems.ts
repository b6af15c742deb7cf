import { defineProblem, type ProblemData, type Release } from "../terms/index.js";

/** ATM-501: the environment is held by another release. */
export const releaseRunning = defineProblem<Release>({
  code: "ATM-501",
  title: "A release is already running",
  happened: (r) =>
    `${r.id} (${r.version}) of ${r.service} in ${r.environment} was started by ${r.startedBy.name} at ${new Date(r.startedAt).toISOString()} and is in ${r.phase}. An environment has one running release at a time.`,
  stillTrue: () => "Nothing was changed; the running release goes on.",
  fix: (r) =>
    `Watch it with \`atoms status\`, end it safely with \`atoms abort ${r.id}\`, or, if its process died, go on with it: \`atoms deploy --resume\`.`,
  ending: "refused",
});

/** ATM-502 */
export const phaseTooLong = defineProblem<{ phase: string; deadline: string; doing: string }>({
  code: "ATM-502",
  title: "A phase took too long",
  happened: (a) => `The phase ${a.phase} was not done after ${a.deadline}; it was ${a.doing}.`,
  fix: (a) =>
    `Look at \`atoms logs\` for the reason; if the time is simply too short, set \`deadlines.${a.phase}\` in the playbook.`,
});

/** ATM-504 */
export const releaseAborted = defineProblem<{ by: string; because: string }>({
  code: "ATM-504",
  title: "The release was aborted",
  happened: (a) => `${a.by} aborted it: ${a.because}.`,
  fix: () => "Start again with `atoms deploy` when ready.",
});

/** ATM-505 */
export const watchFailed = defineProblem<{ because: string; deployment: string }>({
  code: "ATM-505",
  title: "The new deployment did worse in production",
  happened: (a) => `While ${a.deployment} was watched, ${a.because}.`,
  fix: (a) => `Its logs: \`atoms logs ${a.deployment}\`. Every look is in the ledger: \`atoms ledger\`.`,
  ending: "rolled back",
});

/** ATM-506 */
export const productionMoved = defineProblem<{ was: string; is: string }>({
  code: "ATM-506",
  title: "Somebody else moved production",
  happened: (a) =>
    `Production was expected to serve ${a.was}, but serves ${a.is}. Atoms does not fight over it.`,
  stillTrue: (a) => `Traffic is on ${a.is}, where somebody put it.`,
  fix: () => "Find out who and why (`atoms ledger`, the platform's activity log), then release again.",
});

/** ATM-507 */
export const shiftNotProven = defineProblem<{ to: string; last: string }>({
  code: "ATM-507",
  title: "Not every host took the new deployment",
  happened: (a) =>
    `Production was pointed at ${a.to}, but in time not every host was seen to serve it: ${a.last}.`,
  fix: () => "`atoms status` shows every host; the platform's own status page may know more.",
});

/** ATM-508 */
export const buildFailed = defineProblem<{ deployment: string; why: string; lines: string }>({
  code: "ATM-508",
  title: "The build failed",
  happened: (a) =>
    `The platform could not build ${a.deployment}: ${a.why}.${a.lines === "" ? "" : `\n${a.lines}`}`,
  stillTrue: () => "No traffic was moved.",
  fix: (a) => `The whole build log: \`atoms logs ${a.deployment}\`.`,
});

/** ATM-509 */
export const nothingRunning = defineProblem<{ service: string; environment: string }>({
  code: "ATM-509",
  title: "No release is running",
  happened: (a) => `${a.service} has no release under way in ${a.environment}.`,
  fix: () => "`atoms releases` lists the past ones; `atoms deploy` starts one.",
  ending: "usage",
});

/** ATM-510 */
export const unexpectedFailure = defineProblem<{ release: string }>({
  code: "ATM-510",
  title: "An unexpected failure ended the release",
  happened: (a) => `Release ${a.release} met an error that Atoms has no name for.`,
  fix: () => "Run `atoms doctor`; the ledger and .atoms/logs hold what is known.",
});

/** ATM-511 */
export const noSuchRelease = defineProblem<{ release: string }>({
  code: "ATM-511",
  title: "No such release",
  happened: (a) => `The store knows no release ${a.release}.`,
  fix: () => "`atoms releases` lists them.",
  ending: "usage",
});

/** ATM-512 */
export const canaryWorse = defineProblem<{ deployment: string; share: string; because: string }>({
  code: "ATM-512",
  title: "The canary was taken back",
  happened: (a) => `With ${a.share} of the traffic on ${a.deployment}: ${a.because}.`,
  fix: (a) =>
    `The evidence of every step is in the ledger (\`atoms ledger --kind analysis.verdict\`); its logs: \`atoms logs ${a.deployment}\`.`,
  ending: "rolled back",
});

/** ATM-513 */
export const nothingToApprove = defineProblem<{ release: string; strategy: string }>({
  code: "ATM-513",
  title: "Nothing waits for an approval",
  happened: (a) => `${a.release} is a ${a.strategy} release and asks nobody at this moment.`,
  fix: () =>
    "A release asks when its MCP contract changes in a way that `validation.contract` wants approved, when the playbook says `gates.approval.before_shift: true`, or at the end of a canary's step with `canary.approve`.",
  ending: "usage",
});

/** ATM-514 */
export const neverBegan = defineProblem<{ release: string }>({
  code: "ATM-514",
  title: "The release never began",
  happened: (a) => `The process that was to begin ${a.release} died before its first step.`,
  stillTrue: () => "Nothing was touched: traffic is where it was.",
  fix: () => "Start again with `atoms deploy`.",
});

/** ATM-515 */
export const releaseLost = defineProblem<{ release: string; because: string; traffic: string }>({
  code: "ATM-515",
  title: "The release could not be gone on with",
  happened: (a) =>
    `Nobody can go on with ${a.release}: ${a.because}. Atoms ended it instead, and nothing of it is left half done.`,
  stillTrue: (a) => a.traffic,
  fix: () =>
    "Release again with `atoms deploy`. A release that is under way while Atoms is upgraded can meet this: let it end first.",
});

/** What went wrong while a release was brought to safety. */
type Worse = Pick<ProblemData, "happened" | "fix"> & Partial<Pick<ProblemData, "code" | "stillTrue">>;

/** ATM-516 */
export const rescueFailed = defineProblem<{ release: string; because: string; worse: Worse }>({
  code: "ATM-516",
  title: "A lost release could not be brought to safety",
  happened: (a) =>
    `Nobody can go on with the release ${a.release}: ${a.because}. Bringing traffic to safety failed too: ${a.worse.happened}`,
  stillTrue: (a) => a.worse.stillTrue ?? "Traffic may be on its deployment; `atoms status` asks every host.",
  fix: (a) =>
    a.worse.code?.startsWith("ATM-6") === true
      ? a.worse.fix
      : `Ask again with \`atoms rollback\`; repeating it does no harm. ${a.worse.fix}`,
});

/** ATM-560 */
export const contractBroken = defineProblem<{ deployment: string; changes: string }>({
  code: "ATM-560",
  title: "Clients of the old version would break",
  happened: (a) => `${a.deployment} does not keep what production promises its MCP clients: ${a.changes}.`,
  stillTrue: () => "No traffic was moved.",
  fix: (a) =>
    `See it in full with \`atoms contract ${a.deployment}\`. Keep the old form beside the new one; if it is meant so, set the class under \`validation.contract\` to approve or warn.`,
});

/** ATM-540 */
export const numbersUnreadable = defineProblem<{ saw: readonly string[] }>({
  code: "ATM-540",
  title: "The canary's numbers cannot be read",
  happened: (a) => a.saw.join(" "),
  stillTrue: () => "No traffic was moved.",
  fix: () =>
    "Put the settings of `canary.source` right (selectors of a Prometheus are best tried in its own page). `atoms check` tries them again.",
  ending: "refused",
});

/** ATM-541 */
export const shiftOfOthers = defineProblem<{ to: string; share: number }>({
  code: "ATM-541",
  title: "Somebody else's rolling release is under way",
  happened: (a) =>
    `A rolling release to ${a.to}, which has ${Math.round(a.share * 100)} % of the traffic, was started by somebody else and is not over.`,
  stillTrue: (a) => `It was left alone: ${a.to} gets its share as before, and this release moved no traffic.`,
  fix: (a) =>
    `Find out whose it is (\`atoms deployments\` lists ${a.to}). When it is over, completed or rolled back, release again.`,
  ending: "refused",
});

/** ATM-563 */
export const goingBackUnsafe = defineProblem<{ because: string }>({
  code: "ATM-563",
  title: "Going back would not be safe",
  happened: (a) =>
    `The release was ended before traffic moved, because a rollback from it could not be relied on: ${a.because}.`,
  stillTrue: () => "No traffic was moved.",
  fix: () =>
    "Split the change so that the old version can live with it; or let a person decide: `rollback.safety` with caution or unsafe set to approve or warn.",
  ending: "refused",
});

/** ATM-961 */
export const builtAlready = defineProblem<{ given: string }>({
  code: "ATM-961",
  title: "A deployment that is there is released as it is",
  happened: (a) => `${a.given} was given together with a deployment that is built already.`,
  stillTrue: () => "Nothing was begun.",
  fix: (a) =>
    `Leave out ${a.given} to release the deployment as it is, or leave out the deployment to build a new one.`,
  ending: "usage",
});

/** ATM-962 */
export const deploymentNotReleasable = defineProblem<{ deployment: string; because: string }>({
  code: "ATM-962",
  title: "This deployment can not be released",
  happened: (a) => `${a.deployment} can not be released as it is: ${a.because}.`,
  stillTrue: () => "Nothing was begun, and production serves what it served.",
  fix: () =>
    "`atoms deployments` lists what is there. A build for production that gets no traffic is made by `vercel deploy --prod --skip-domain`, or by `atoms deploy`.",
  ending: "refused",
});

/** ATM-967 */
export const deploymentBeingChecked = defineProblem<{ deployment: string }>({
  code: "ATM-967",
  title: "The platform still checks this deployment",
  happened: (a) =>
    `The platform's checks of ${a.deployment} are not over, and a deployment that fails them gets no traffic.`,
  stillTrue: () => "Nothing was begun, and production serves what it served.",
  fix: () => "Ask again when they are over; the platform shows them at the deployment.",
  ending: "refused",
});
