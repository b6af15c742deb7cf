import { defineProblem } from "../terms/index.js";

/** ATM-890 */
export const noSuchPage = defineProblem<{ page: string }>({
  code: "ATM-890",
  title: "No such page",
  happened: ({ page }) => `Nobody was ever paged as ${page}.`,
  fix: () => "`atoms oncall pages` lists them.",
  ending: "usage",
});

/** ATM-891 */
export const pageOver = defineProblem<{ page: string; by: string }>({
  code: "ATM-891",
  title: "The page is over",
  happened: ({ page, by }) => `${page} was resolved by ${by}.`,
  stillTrue: () => "Nobody is being told of it any more.",
  fix: () => "Nothing: there is nothing left to acknowledge.",
  ending: "refused",
});

/** ATM-892 */
export const overrideMistaken = defineProblem<{ what: string; known: string }>({
  code: "ATM-892",
  title: "The override makes no sense",
  happened: ({ what }) => `${what}.`,
  stillTrue: () => "Nothing was changed: whoever was on call still is.",
  fix: ({ known }) => known,
  ending: "usage",
});

/** ATM-894 */
export const pageToChoose = defineProblem<{ open: readonly string[] }>({
  code: "ATM-894",
  title: "It is not clear which page is meant",
  happened: ({ open }) =>
    open.length === 0 ? "No page is open." : `${open.length} pages are open: ${open.join(", ")}.`,
  stillTrue: () => "Nothing was changed.",
  fix: ({ open }) =>
    open.length === 0 ? "`atoms oncall pages` lists those there were." : "Name one of them.",
  ending: "usage",
});

/** ATM-895 */
export const noSuchOverride = defineProblem<{ override: string }>({
  code: "ATM-895",
  title: "No such override",
  happened: ({ override }) => `There is no override ${override}, or it has ended.`,
  fix: () => "`atoms oncall` lists those there are.",
  ending: "usage",
});
