import type { ComponentChildren } from "preact";
import { Scroll } from "./scroll.js";

/** A column: its head, and its cell of a row. */
export type Column<T> = { head: string; of(row: T): ComponentChildren; number?: boolean };

/** A table that scrolls by itself where the page is narrow. */
export function Table<T>({
  name,
  rows,
  columns,
  keyOf,
  none,
}: {
  /** What it lists, for whoever hears it. */
  name: string;
  rows: readonly T[];
  columns: readonly Column<T>[];
  keyOf(row: T): string;
  /** What is said when there are no rows. */
  none: ComponentChildren;
}) {
  if (rows.length === 0) return <p class="muted">{none}</p>;
  return (
    <Scroll name={name}>
      <table>
        <thead>
          <tr>
            {columns.map(({ head, number }) => (
              <th scope="col" key={head} class={number === true ? "number" : ""}>
                {head}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {rows.map((row) => (
            <tr key={keyOf(row)}>
              {columns.map(({ head, of, number }) => (
                <td key={head} class={number === true ? "number" : ""}>
                  {of(row)}
                </td>
              ))}
            </tr>
          ))}
        </tbody>
      </table>
    </Scroll>
  );
}
