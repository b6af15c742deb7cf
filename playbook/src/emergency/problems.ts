import { defineProblem } from "../terms/index.js";

/** ATM-651 */
export const noWayBack = defineProblem<{ because: string; ready: readonly string[]; serves: string }>({
  code: "ATM-651",
  title: "It is not known where to go back to",
  happened: (a) =>
    `${a.because.charAt(0).toUpperCase()}${a.because.slice(1)}, so production was not moved without being told where to.`,
  stillTrue: (a) => `Production serves ${a.serves}.`,
  fix: (a) =>
    a.ready.length === 0
      ? "Escalate (`atoms emergency --do escalate`); on the platform's own page deployments can be promoted by hand."
      : `Name one, if you know it to be good: \`atoms emergency --do rollback --to <deployment>\`; ready are ${a.ready.join(", ")}.`,
  ending: "refused",
});

/** ATM-652 */
export const emergencyNotProven = defineProblem<{ act: string; to: string; last: string }>({
  code: "ATM-652",
  title: "It was asked for, but not proven",
  happened: (a) =>
    `The platform took the ${a.act} to ${a.to}, but not every host was seen to serve it: ${a.last}`,
  stillTrue: () =>
    "The request stands, and it is in the journal or the ledger; where traffic is has to be looked at.",
  fix: () => "Look again with `atoms emergency`; asking again does no harm.",
});

/** ATM-653 */
export const actNotOffered = defineProblem<{ act: string; because: string; instead: string }>({
  code: "ATM-653",
  title: "That cannot be done here",
  happened: (a) => `${a.act}: ${a.because}.`,
  stillTrue: () => "Nothing was changed.",
  fix: (a) => a.instead,
  ending: "refused",
});

/** ATM-654 */
export const nothingFrozen = defineProblem({
  code: "ATM-654",
  title: "Releases are not frozen",
  happened: () => "No freeze of an emergency stands, so there is none to lift.",
  stillTrue: () => "Nothing was changed.",
  fix: () =>
    "`atoms plan` shows the gates that keep a release back; windows of the playbook are under `gates.freeze`.",
  ending: "refused",
});

/** ATM-655 */
export const reasonNeeded = defineProblem<{ act: string }>({
  code: "ATM-655",
  title: "An act needs its reason",
  happened: (a) => `${a.act} was asked for without saying why.`,
  stillTrue: () => "Nothing was changed.",
  fix: (a) =>
    `Say it in a few words: \`atoms emergency --do ${a.act} --reason "<why>"\`; it is kept in the ledger.`,
  ending: "usage",
});

/** ATM-656 */
export const nothingToRestart = defineProblem<{ service: string; environment: string }>({
  code: "ATM-656",
  title: "Production serves nothing that could be restarted",
  happened: (a) => `${a.service} has no deployment in ${a.environment} that the platform still has.`,
  stillTrue: () => "Nothing was changed.",
  fix: () => "`atoms deployments` shows what there is; `atoms deploy` ships a version.",
  ending: "refused",
});

/** ATM-657. `moved`: production was pointed at it already. */
export const restartNotWell = defineProblem<{ deployment: string; saw: string; moved: boolean }>({
  code: "ATM-657",
  title: "What was restarted is not well",
  happened: (a) =>
    `${a.deployment}, the same artefact run anew, did not say in time that it is well: ${a.saw}`,
  stillTrue: (a) =>
    a.moved
      ? "Production was pointed at it, and it was well at its own address."
      : "Users have what they had: production was not pointed at it.",
  fix: (a) =>
    a.moved
      ? "Look again with `atoms emergency`: it says where every host is; a rollback leads further back."
      : `A fresh start does not help. \`atoms logs ${a.deployment}\` says why; go back with \`atoms emergency --do rollback\`, or escalate.`,
});

/** ATM-658 */
export const doorNotProven = defineProblem<{ wanted: "closed" | "open"; saw: readonly string[] }>({
  code: "ATM-658",
  title: "The flag was set, but not every host goes by it",
  happened: (a) => `Not every host was seen to be ${a.wanted}: ${a.saw.join("; ")}.`,
  stillTrue: (a) => `The flag says that the door is ${a.wanted}, and this is in the journal or the ledger.`,
  fix: () =>
    "Look again with `atoms emergency`; asking again does no harm. A deployment that was made while the variable of maintenance was true stays closed: roll back, or deploy again.",
});

/** ATM-659 */
export const nothingClosed = defineProblem({
  code: "ATM-659",
  title: "The door is not closed",
  happened: () => "No maintenance is under way, and the service's flag does not say that it is closed.",
  stillTrue: () => "Nothing was changed.",
  fix: () =>
    "`atoms emergency` shows what every host says. A deployment that was made while the variable of maintenance was true stays closed: roll back, or deploy again.",
  ending: "refused",
});
