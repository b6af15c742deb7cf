import { defineProblem } from "@atoms/playbook/problem";

/** ATM-924 */
export const detachNeedsControlPlane = defineProblem({
  code: "ATM-924",
  title: "Nobody would go on with it",
  happened: () => "`--detach` leaves the release to the control plane, and none is running.",
  stillTrue: () => "Nothing was started.",
  fix: () => "`atoms up` starts one; without it leave `--detach` out.",
  ending: "usage",
});

/** ATM-925 */
export const demoFailed = defineProblem<{ what: string; folder: string }>({
  code: "ATM-925",
  title: "The demo did not go as it should",
  happened: (a) => `${a.what}.`,
  stillTrue: () => "Everything that the demo started was stopped.",
  fix: (a) => `Its folder is kept for a look: ${a.folder}. \`atoms doctor\` checks what Atoms needs.`,
});

/** ATM-926 */
export const fileExists = defineProblem<{ path: string }>({
  code: "ATM-926",
  title: "There is a playbook already",
  happened: (a) => `${a.path} exists and was left as it is.`,
  fix: () => "Edit it, or write a new one over it with `--force`.",
  ending: "refused",
});
