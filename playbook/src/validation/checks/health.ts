import type { HttpResult } from "../../terms/index.js";
import { at, inWords, isOneOf, objectOf, quoted } from "../answer.js";
import type { Seen } from "../model.js";
import { wallIn } from "../wall.js";
import { defineCheck } from "./check.js";

export const health = defineCheck({
  name: "health",
  title: "Healthy",
  why: "A service can be up and unable to work; only its own word tells, and 200 alone is not that word.",
  setting: "health",
  async run(visit, parameters) {
    return judgeHealth(await visit.ask({ path: parameters.path }), parameters);
  },
});

/** Judges one answer of the health path. Shared with the looks of the watch. */
export function judgeHealth(
  result: HttpResult,
  { path, field, words }: { path: string; field: string; words: readonly string[] },
): Seen {
  const fix = `See \`atoms logs\`; if ${path} is not the health path, set \`validation.smoke.health.path\`.`;
  if (!result.answered) return { outcome: "fail", saw: `${path}: ${inWords(result)}.`, fix };
  const word = at(objectOf(result), field);
  const said =
    word === undefined ? undefined : quoted(typeof word === "string" ? word : JSON.stringify(word), 60);
  const evidence = { path, status: result.status, said: said ?? null };
  const wall = wallIn(result);
  if (wall !== undefined)
    return { outcome: "fail", saw: `${path} is not the service: ${wall}.`, fix, evidence };
  const rightStatus =
    words.length === 0 ? result.status >= 200 && result.status < 300 : result.status === 200;
  if (!rightStatus) {
    return {
      outcome: "fail",
      saw: `${path} ${inWords(result)}${said === undefined ? "" : ` and says "${said}"`}.`,
      fix:
        result.status === 429
          ? "Set `validation.probe_header`, by which the service knows its monitors."
          : fix,
      evidence,
    };
  }
  if (words.length === 0) return { outcome: "pass", saw: `${path} ${inWords(result)}.`, evidence };
  if (isOneOf(word, words)) return { outcome: "pass", saw: `${path} says "${said}".`, evidence };
  return {
    outcome: "fail",
    saw:
      said === undefined
        ? `${path} ${inWords(result)}, but holds no "${field}".`
        : `${path} answers 200 but says "${said}".`,
    fix:
      said === undefined
        ? 'Let it answer JSON such as {"status":"healthy"}, or set `validation.smoke.health.words: []` to trust the status alone.'
        : `See \`atoms logs\`; if "${said}" is good news, add it to \`validation.smoke.health.words\`.`,
    evidence,
  };
}
