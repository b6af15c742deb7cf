import { defineProblem } from "../terms/index.js";

/** ATM-601 */
export const nothingToReturnTo = defineProblem<{ service: string; environment: string; serves: string }>({
  code: "ATM-601",
  title: "Nothing to roll back to",
  happened: (a) =>
    `${a.service} has no earlier deployment in ${a.environment} that was proven good and is still ready.`,
  stillTrue: (a) => `Traffic was left where it is: production serves ${a.serves}.`,
  fix: () =>
    "List what exists with `atoms deployments`; name one with `atoms rollback <deployment>`, or ship a fix with `atoms deploy`.",
});

/** ATM-602 */
export const targetNotReady = defineProblem<{ deployment: string; state: string; serves: string }>({
  code: "ATM-602",
  title: "That deployment cannot take traffic",
  happened: (a) => `${a.deployment} is ${a.state}, so production was not pointed at it.`,
  stillTrue: (a) => `Production serves ${a.serves}.`,
  fix: () => "Choose one that is ready: `atoms deployments` marks those that were proven good.",
  ending: "refused",
});

/** ATM-603 */
export const rollbackNotProven = defineProblem<{ to: string; because: string; last: string }>({
  code: "ATM-603",
  title: "The rollback could not be proven",
  happened: (a) =>
    `Production was asked to return to ${a.to} (${a.because}), but not every host was seen to serve it: ${a.last}`,
  stillTrue: () => "The request to roll back stands; where traffic is has to be looked at.",
  fix: () =>
    "See the hosts with `atoms status`, and ask again with `atoms rollback`; repeating it does no harm.",
});

/** ATM-604 */
export const alreadyServing = defineProblem<{ deployment: string }>({
  code: "ATM-604",
  title: "Production already serves it",
  happened: (a) => `${a.deployment} is what production serves, so there is nothing to go back to it from.`,
  fix: () => "Name another deployment; `atoms deployments` lists them, newest first.",
  ending: "refused",
});
