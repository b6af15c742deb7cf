import { defineProblem } from "../terms/index.js";

/** ATM-401 */
export const unfitForTraffic = defineProblem<{ address: string; because: string }>({
  code: "ATM-401",
  title: "Not fit for traffic",
  happened: (a) => `${a.address} did not pass validation: ${a.because}.`,
  stillTrue: () => "Validation only asks; no traffic was moved by it.",
  fix: (a) =>
    `Put it right and repeat the checks alone with \`atoms smoke ${a.address}\` and \`atoms perf ${a.address}\`.`,
});

/** ATM-402 */
export const addressNotUsable = defineProblem<{ given: string; because: string }>({
  code: "ATM-402",
  title: "Not an address",
  happened: (a) => `"${a.given}" can't be asked: ${a.because}.`,
  fix: () => "Give the service's base address, for example `atoms smoke https://shop.example.com`.",
  ending: "usage",
});

/** ATM-403: names neither the command nor what it printed, for both may hold secrets. */
export const bearerFailed = defineProblem<{ because: string }>({
  code: "ATM-403",
  title: "No token for the authenticated checks",
  happened: (a) => `The command in \`validation.bearer.command\` gave no token: ${a.because}.`,
  stillTrue: () => "The service was not judged by it.",
  fix: () =>
    "Run the command by hand in the playbook's folder: it must print the token, and nothing else, and exit with 0.",
});

/** ATM-404 */
export const validationInconclusive = defineProblem<{ address: string; because: string }>({
  code: "ATM-404",
  title: "Too little was seen to judge",
  happened: (a) => `${a.address} could be neither passed nor failed: ${a.because}.`,
  stillTrue: () => "Validation only asks; no traffic was moved by it.",
  fix: (a) =>
    `Repeat it with \`atoms perf ${a.address}\` from a machine that is less busy, or raise \`validation.performance.samples\`.`,
  ending: "inconclusive",
});

/** ATM-405 */
export const validationBroken = defineProblem<{ address: string; because: string }>({
  code: "ATM-405",
  title: "The checks could not be made",
  happened: (a) => `Some checks of ${a.address} could not be carried out: ${a.because}.`,
  stillTrue: () => "What could not be checked does not count as passed; no traffic was moved.",
  fix: (a) =>
    `Follow the advice of the checks marked \`error\`, then repeat them with \`atoms smoke ${a.address}\`.`,
});

/** ATM-562 */
export const nothingToCompare = defineProblem<{ because: string }>({
  code: "ATM-562",
  title: "There are not two contracts to compare",
  happened: (a) => `Two sides are needed, and ${a.because}.`,
  fix: () =>
    "Name both: `atoms contract <before> <after>`, each an address or a deployment's id; with one, a playbook says where production is.",
  ending: "usage",
});
