import type { Visit } from "../validation/index.js";
import { type Asker, answerOf, pathTo } from "./answer.js";
import type { ArmTarget } from "./model.js";

/** Asks paths in turn. */
export function askPaths(visit: Visit, target: ArmTarget, paths: readonly string[]): Asker {
  return {
    async ask(turn) {
      const path = paths[turn % paths.length] ?? "/";
      return answerOf(await visit.ask({ path: pathTo(path, target), as: "user" }), target);
    },
    end: async () => undefined,
  };
}
