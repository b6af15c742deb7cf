import type { Clock, DatabaseRows } from "@atoms/playbook";
import { connected } from "./connect.js";
import { compareRows, shapesIn, stillLook } from "./rows.js";
import { takeBackRows } from "./take-back.js";

/** Compares and copies rows, on any PostgreSQL that an address leads to. */
export function databaseRows(world: { clock: Clock }): DatabaseRows {
  return {
    shapes: (url, signal) => connected(url, shapesIn, signal),
    compare: ({ beside, living, ...of }, onRows, signal) =>
      connected(
        beside,
        (from) =>
          connected(
            living,
            async (to) => {
              await stillLook(from);
              await stillLook(to);
              return compareRows(from, to, of, onRows);
            },
            signal,
          ),
        signal,
      ),
    takeBack: (of, onRows, signal) => takeBackRows(of, world.clock, onRows, signal),
  };
}
