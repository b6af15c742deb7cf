import { defineProblem } from "../terms/index.js";

/** ATM-954 */
export const statusPageOff = defineProblem({
  code: "ATM-954",
  title: "There is no public status page",
  happened: () => "Something was to be shown to everybody, and the playbook has no `status_page`.",
  stillTrue: () => "Nothing was told to anybody, and the incident stands as it did.",
  fix: () =>
    "Say it again without --public, or add `status_page` with a title and components to the playbook first.",
  ending: "refused",
});

/** ATM-955 */
export const statusPageNothingPublic = defineProblem<{ incident: string }>({
  code: "ATM-955",
  title: "Nothing of this incident is public",
  happened: ({ incident }) => `No update of ${incident} was shown on the status page.`,
  stillTrue: () => "Nothing was changed.",
  fix: ({ incident }) =>
    `\`atoms incident update ${incident} --public "what users should know"\` shows one. \`atoms incident list --all\` lists all incidents.`,
  ending: "refused",
});
