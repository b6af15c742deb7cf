import { defineProblem } from "../../terms/index.js";

/** ATM-695 */
export const nothingToRotate = defineProblem<{ service: string }>({
  code: "ATM-695",
  title: "The playbook lists no secrets",
  happened: (a) =>
    `recovery.security_breach.secrets of ${a.service} is empty, so it is not known what to rotate.`,
  stillTrue: () => "Nothing was changed.",
  fix: () =>
    "Name every secret of the service there: `{ variable: SESSION_SECRET, kind: generated }`; kinds are generated, postgres_password, command and manual.",
  ending: "refused",
});

/** ATM-696 */
export const secretNotRotated = defineProblem<{ variable: string; because: string }>({
  code: "ATM-696",
  title: "A secret could not be rotated",
  happened: (a) => `${a.variable}: ${a.because.replace(/\.$/, "")}.`,
  fix: () => "Mend what it says.",
});

/** ATM-697 */
export const newValueLost = defineProblem<{ variable: string; where: string }>({
  code: "ATM-697",
  title: "The new value of a secret is not on this machine",
  happened: (a) =>
    `A new value of ${a.variable} was made by this recovery, and ${a.where}, where it was kept, is not there. It is not made a second time, because the service may have the first one.`,
  fix: () =>
    "Go on where the recovery was begun: `atoms recover security_breach --resume` there. If that machine is lost, `atoms abort` and begin anew.",
});

/** ATM-698 */
export const notWellAfterRotation = defineProblem<{ deployment: string; saw: string; moved: boolean }>({
  code: "ATM-698",
  title: "The service is not well with its new secrets",
  happened: (a) => `${a.deployment} did not say in time that it is well: ${a.saw}`,
  stillTrue: (a) =>
    a.moved
      ? "Production was pointed at it, and it was well at its own address."
      : "Users have what they had.",
  fix: (a) =>
    `\`atoms logs ${a.deployment}\` says why. The new values are kept: the next try uses them, and makes none anew.`,
});

/** ATM-699 */
export const givenMistaken = defineProblem<{ variable: string; because: string }>({
  code: "ATM-699",
  title: "A value that was given cannot be used",
  happened: (a) => `${a.variable}: ${a.because}.`,
  stillTrue: () => "Nothing was changed.",
  fix: () =>
    "Write `--given VARIABLE=file`, for a secret of the list whose kind is manual; the file holds its new value alone.",
  ending: "usage",
});
