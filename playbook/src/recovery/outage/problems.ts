import { defineProblem } from "../../terms/index.js";

const plain = (sentence: string) => sentence.replace(/\.$/, "");

/** ATM-860 */
export const nothingIsOut = defineProblem<{ because: string }>({
  code: "ATM-860",
  title: "The service answers from outside",
  happened: (a) => `Every public address is well: ${plain(a.because)}.`,
  stillTrue: () => "Nothing was changed.",
  fix: () =>
    "If users see something else, look with `atoms emergency`. To move all the same, say where to: `--to standby`, or a region.",
  ending: "refused",
});

/** ATM-861 */
export const onlyTheDeployment = defineProblem<{ because: string; earlier: readonly string[] }>({
  code: "ATM-861",
  title: "Only the deployment that is served is ill",
  happened: (a) => `The place it runs at is well: ${plain(a.because)}.`,
  stillTrue: () => "Nothing was changed. The same artefact would be ill elsewhere too.",
  fix: (a) =>
    `\`atoms rollback\` goes back to what was proven good${a.earlier.length === 0 ? "" : ` (${a.earlier[0]} answers well)`}; where nothing was, \`atoms deploy\` ships anew. To move all the same, say where to: \`--to standby\`.`,
  ending: "refused",
});

/** ATM-862 */
export const nameLeadsElsewhere = defineProblem<{ because: string }>({
  code: "ATM-862",
  title: "The name does not lead to the service",
  happened: (a) => `Nothing is wrong where it runs: ${plain(a.because)}.`,
  stillTrue: () => "Nothing was changed.",
  fix: () =>
    "Look at the name's records and certificate. After an earlier move, `atoms recover service_outage --back` leads it back; `--to standby` leads it to the standby all the same.",
  ending: "refused",
});

/** ATM-863 */
export const nowhereToMove = defineProblem<{ because: string }>({
  code: "ATM-863",
  title: "There is nowhere to move to",
  happened: (a) => `${plain(a.because)}; and the playbook names no other place.`,
  stillTrue: () => "Nothing was changed.",
  fix: () =>
    "Name other regions of the platform (`recovery.service_outage.regions`), or who keeps the records (`recovery.service_outage.dns`) and where else users can be led (`recovery.service_outage.standby`), and repeat. Until then the platform's status page says how long it takes.",
  ending: "refused",
});

/** ATM-864 */
export const standbyIll = defineProblem<{ url: string; saw: string }>({
  code: "ATM-864",
  title: "The standby is not well",
  happened: (a) => `${a.url} did not say in time that it is well: ${a.saw}`,
  stillTrue: () => "The records are as they were.",
  fix: () => "Bring the standby up, or name another one as `recovery.service_outage.standby`, and repeat.",
});

/** ATM-865 */
export const recordsOfOthers = defineProblem<{ name: string; wanted: string; found: string }>({
  code: "ATM-865",
  title: "Somebody else changed the records",
  happened: (a) => `${a.name} has ${a.found}, where ${a.wanted} was expected.`,
  stillTrue: () => "They are left as they are.",
  fix: () =>
    "Ask who changed them. If they shall be replaced all the same, repeat: what is there then is what is compared with.",
});

/** ATM-866 */
export const dnsRefused = defineProblem<{ where: string; because: string; may?: boolean }>({
  code: "ATM-866",
  title: "The records could not be read or changed",
  happened: (a) => `${a.where}: ${plain(a.because)}.`,
  stillTrue: (a) =>
    a.may === true ? "The change may have been made: nobody said." : "This attempt changed nothing.",
  fix: () =>
    "Mend what it says (`recovery.service_outage.dns` in the playbook), and repeat: it finds what was done.",
});

/** ATM-867 */
export const notSeenOutside = defineProblem<{ name: string; saw: string }>({
  code: "ATM-867",
  title: "The change could not be proven from outside",
  happened: (a) => `${a.name}: ${plain(a.saw)}.`,
  stillTrue: () => "The records were changed.",
  fix: () =>
    "Repeat it: what is changed already is only proven again. `atoms recover service_outage --back` takes the change back.",
});

/** ATM-868 */
export const nothingToTakeBack = defineProblem<{ service: string }>({
  code: "ATM-868",
  title: "There is no move to take back",
  happened: (a) =>
    `The ledger has no recovery from an outage of ${a.service} that moved anything and was not taken back.`,
  stillTrue: () => "Nothing was changed.",
  fix: () =>
    "`atoms recover --history` lists what was done. Records that were changed by hand are led back by hand.",
  ending: "refused",
});

/** ATM-869 */
export const stillOut = defineProblem<{ saw: string }>({
  code: "ATM-869",
  title: "The outage is not over",
  happened: (a) => `What the platform serves did not say in time that it is well: ${a.saw}`,
  stillTrue: () => "Users are where the recovery has led them.",
  fix: () => "Repeat it when `atoms emergency` shows the platform's hosts well.",
});

/** ATM-720 */
export const notFromRegion = defineProblem<{
  deployment: string;
  region: string;
  saw: string;
  moved: boolean;
}>({
  code: "ATM-720",
  title: "The service does not answer from the other region",
  happened: (a) =>
    `${a.deployment}, deployed to ${a.region}, did not say in time from there that it is well: ${a.saw}`,
  stillTrue: (a) =>
    a.moved
      ? "Production was pointed at it, and it was well at its own address."
      : "Production is pointed at what it was.",
  fix: (a) =>
    `\`atoms logs ${a.deployment}\` says why. Another region is named with \`--to <region>\`, the standby with \`--to standby\`.`,
});

/** ATM-721 */
export const regionMistaken = defineProblem<{ region: string; because: string }>({
  code: "ATM-721",
  title: "The service cannot be moved to that region",
  happened: (a) => `${a.region}: ${plain(a.because)}.`,
  stillTrue: () => "Nothing was changed.",
  fix: () =>
    "Name another one of the platform's regions with `--to <region>`, or in `recovery.service_outage.regions`.",
  ending: "refused",
});

/** ATM-722 */
export const noMoveToDrill = defineProblem<{ service: string }>({
  code: "ATM-722",
  title: "The playbook names no move to rehearse",
  happened: (a) =>
    `recovery.service_outage of ${a.service} has neither regions nor a standby, so there is no move to rehearse.`,
  stillTrue: () => "Nothing was changed.",
  fix: () =>
    "Name there the regions that the service may be moved to, the best first (`regions: [fra1, lhr1]`), or who keeps the records of users' name (`dns`) and where else they can be led (`standby`).",
  ending: "refused",
});
