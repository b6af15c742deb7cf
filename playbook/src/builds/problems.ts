import { defineProblem } from "../terms/index.js";

/** ATM-963 */
export const deliveryNotSigned = defineProblem({
  code: "ATM-963",
  title: "The delivery is not signed by the platform",
  happened: () =>
    "The signature is missing, or was not made with the secret of a webhook that is known here.",
  stillTrue: () => "Nothing was written down, and nothing was begun.",
  fix: () =>
    "Make the webhook with `atoms webhooks add`, or set ATOMS_VERCEL_WEBHOOK_SECRET to the secret of the one that was made by hand.",
  ending: "refused",
});

/** ATM-964 */
export const deliveryNotUnderstood = defineProblem<{ because: string }>({
  code: "ATM-964",
  title: "The delivery was not understood",
  happened: (a) => `What the platform delivered is not what it says it sends: ${a.because}.`,
  stillTrue: () => "Nothing was written down, and nothing was begun.",
  fix: () => "If the platform has changed what it sends, report it with the output of `atoms doctor`.",
  ending: "usage",
});

/** ATM-965 */
export const noWebhookAddress = defineProblem<{ because: string }>({
  code: "ATM-965",
  title: "There is no address to deliver to",
  happened: (a) => `The platform can not be told where to send its webhooks: ${a.because}.`,
  stillTrue: () => "No webhook was made.",
  fix: () =>
    "Start the control plane with `atoms up`, and for Vercel give it an address that can be reached from outside: ATOMS_PUBLIC_URL, or `atoms webhooks add --url`.",
  ending: "usage",
});

/** ATM-966 */
export const noWebhook = defineProblem<{ platform: string }>({
  code: "ATM-966",
  title: "There is no webhook of Atoms",
  happened: (a) => `No webhook on ${a.platform} was made by this folder's Atoms.`,
  fix: () => "`atoms webhooks add` makes one.",
  ending: "usage",
});

/** ATM-968 */
export const checkHoldsBack = defineProblem<{ check: string; blocks: string }>({
  code: "ATM-968",
  title: "The check on the platform holds deployments back",
  happened: (a) =>
    `The project has a check "${a.check}" that holds back "${a.blocks}". A release of Atoms would wait for the check, and the check for the release.`,
  stillTrue: () => "Atoms says nothing through it. Releases go on as they would without it.",
  fix: () =>
    "Remove that check on the platform, and Atoms makes one that holds nothing back; or give deployment_check another name.",
  ending: "failed",
});
