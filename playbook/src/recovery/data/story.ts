import { differingRows } from "./choose.js";
import type { DataChoice, TableComparison, TakenBack } from "./model.js";

const rows = (count: number) => (count === 1 ? "1 row" : `${count} rows`);

/** What is to be taken back, in a few words. */
export const choiceWords = (choice: DataChoice, where: string): string =>
  choice.take === "whole"
    ? `the whole of ${where}`
    : choice.rows
        .map(({ table, only, where: condition, keys }) =>
          [
            only === "missing"
              ? `rows of ${table} that are gone`
              : only === "changed"
                ? `rows of ${table} that are other now`
                : `rows of ${table} that are gone or other now`,
            ...(keys === undefined ? [] : [`with ${keys.length === 1 ? "one key" : `${keys.length} keys`}`]),
            ...(condition === undefined ? [] : [`where ${condition}`]),
          ].join(", "),
        )
        .join("; ");

/** What a comparison has found, in a sentence without its full stop. */
export function comparedWords(tables: readonly TableComparison[]): string {
  const { missing, changed, added } = differingRows(tables);
  const blind = tables.filter(({ state }) => state === "not by rows").length;
  return (
    `${rows(missing)} gone, ${changed} other, ${added} written since` +
    (blind === 0 ? "" : `; ${blind === 1 ? "1 table" : `${blind} tables`} not compared by rows`)
  );
}

/** What was taken back of a table, in a few words. */
export const takenWords = ({ table, inserted, updated, kept }: TakenBack): string =>
  `${table}: ${inserted} brought back, ${updated} as in the backup again` +
  (kept === 0 ? "" : `, ${kept} left as ${kept === 1 ? "it is" : "they are"}, because of newer writes`);

/** What became of rows that were written since the backup. @param aside Where they are, when the whole was replaced. */
export const newerWords = (added: number, aside: string | undefined): string =>
  `${rows(added)} written since the backup ${
    aside === undefined
      ? added === 1
        ? "was kept"
        : "were kept"
      : `${added === 1 ? "is" : "are"} only in ${aside} now`
  }`;
