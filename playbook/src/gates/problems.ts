import { defineProblem, timeText } from "../terms/index.js";

type Shut = { because: string; waited?: string | undefined };
const waitedText = ({ waited }: Shut) => (waited === undefined ? "" : ` It was waited for ${waited}.`);

/** ATM-520 */
export const frozen = defineProblem<Shut & { opensAt: number | undefined }>({
  code: "ATM-520",
  title: "Releases are frozen",
  happened: (a) => `${a.because}.${waitedText(a)}`,
  stillTrue: () => "No traffic was moved. A rollback is never kept back.",
  fix: (a) =>
    `${a.opensAt === undefined ? "No end is in sight within a year: look at `gates.freeze` in the playbook." : `Release again after ${timeText(a.opensAt)}.`} If it cannot wait: \`atoms deploy --override-freeze "<reason>"\`; the reason is kept in the ledger.`,
  ending: "refused",
});

/** ATM-522 */
export const pinned = defineProblem<Shut>({
  code: "ATM-522",
  title: "Production is pinned by a rollback",
  happened: (a) => `${a.because}.${waitedText(a)}`,
  stillTrue: () => "No traffic was moved: production serves what it was brought back to.",
  fix: () =>
    'Ask whoever went back whether the reason is gone. Then promote on the platform what shall be served, or go past it: `atoms deploy --override-pin "<reason>"`.',
  ending: "refused",
});

/** ATM-523 */
export const webhookRefused = defineProblem<Shut & { gate: string }>({
  code: "ATM-523",
  title: "A webhook gate refused",
  happened: (a) => `The gate ${a.gate} did not open: ${a.because}.${waitedText(a)}`,
  fix: (a) =>
    `Ask whoever runs ${a.gate} for the reason, then release again; its address and policy are under \`gates.webhooks\`.`,
  ending: "refused",
});

/** ATM-527 */
export const incidentOpen = defineProblem<Shut>({
  code: "ATM-527",
  title: "An incident is open",
  happened: (a) => `${a.because}.${waitedText(a)}`,
  stillTrue: () => "No traffic was moved. A rollback is never kept back.",
  fix: () =>
    'Release again when it is resolved (`atoms incident`). If this release is the remedy: `atoms deploy --override-incident "<reason>"`; the reason is kept in the ledger.',
  ending: "refused",
});

/** ATM-650 */
export const emergencyFrozen = defineProblem<Shut>({
  code: "ATM-650",
  title: "Releases are frozen by an emergency",
  happened: (a) => `${a.because}.${waitedText(a)}`,
  stillTrue: () => "No traffic was moved. A rollback is never kept back.",
  fix: () =>
    'When the emergency is over: `atoms emergency --do unfreeze --reason "<why>"`. If this release is the remedy: `atoms deploy --override-emergency-freeze "<reason>"`; the reason is kept in the ledger.',
  ending: "refused",
});

/** ATM-524 */
export const approvalRefused = defineProblem<{ of: string; by: string; because: string }>({
  code: "ATM-524",
  title: "A person said no",
  happened: (a) => `${a.by} refused to approve (${a.of}): ${a.because}.`,
  fix: () => "Talk to them, then release again.",
  ending: "refused",
});

/** ATM-525 */
export const mayNotApprove = defineProblem<{ who: string; of: string; because: string }>({
  code: "ATM-525",
  title: "This approval does not count",
  happened: (a) => `${a.who} cannot approve (${a.of}): ${a.because}.`,
  stillTrue: () => "Nothing was changed: the release still waits.",
  fix: () => "Somebody else has to; `atoms status` shows who may, and until when it is waited.",
  ending: "refused",
});

/** ATM-526 */
export const approvalLinkRefused = defineProblem<{ because: string }>({
  code: "ATM-526",
  title: "The link does not count",
  happened: (a) => `The link was refused: ${a.because}.`,
  stillTrue: () => "Nothing was changed by it.",
  fix: () => "Use the newest message, ask for another by `atoms approve --link`, or type `atoms approve`.",
  ending: "refused",
});

/** ATM-561 */
export const notApproved = defineProblem<{ of: string; because: string }>({
  code: "ATM-561",
  title: "Nobody approved in time",
  happened: (a) => `The release waited for people to approve (${a.of}): ${a.because}.`,
  stillTrue: () => "No traffic was moved.",
  fix: () => "Release again, and say `atoms approve` while it waits; `atoms status` shows what it waits for.",
  ending: "refused",
});
