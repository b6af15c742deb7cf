import type { HttpResult } from "../terms/index.js";
import type { HostDoor } from "./model.js";

/** Where a service says how it is, and whether its door is closed. */
export type DoorWords = {
  /** Member of the answer that says so; dots go inwards. `true`, or one of the closed words. */
  field: string;
  /** Member that says how the service is, and the words for well; none: any 2xx is well. */
  status: string;
  words: readonly string[];
};

/** Words that say it is closed, for services that tell it by a word. */
const closedWords = ["maintenance", "true", "on"];

/**
 * Judges one answer of the health path: whether the door is closed, and whether the service behind it is well. A service
 * that does not speak of maintenance is open. What is no answer of the service says nothing of its door.
 */
export function judgeDoor(host: string, result: HttpResult, words: DoorWords): HostDoor {
  if (!result.answered) return { host, door: "unknown", well: false, saw: result.message.replace(/\.$/, "") };
  const body = objectIn(result.body);
  if (body === undefined)
    return {
      host,
      door: "unknown",
      well: words.words.length === 0 && ok(result.status),
      saw: `answers ${result.status} without JSON`,
    };
  const closed = saysClosed(valueAt(body, words.field));
  const word = valueAt(body, words.status);
  const said = typeof word === "string" ? word.slice(0, 60) : undefined;
  const known = closed ? [...words.words, "maintenance"] : words.words;
  const well =
    words.words.length === 0
      ? ok(result.status)
      : result.status === 200 && known.some((one) => one.toLowerCase() === said?.toLowerCase());
  return {
    host,
    door: closed ? "closed" : "open",
    well,
    saw: `answers ${result.status}${said === undefined ? "" : ` and says ${JSON.stringify(said)}`}`,
  };
}

const ok = (status: number) => status >= 200 && status < 300;

const saysClosed = (value: unknown) =>
  value === true || (typeof value === "string" && closedWords.includes(value.toLowerCase()));

function objectIn(body: string): object | undefined {
  try {
    const value: unknown = JSON.parse(body);
    return typeof value === "object" && value !== null ? value : undefined;
  } catch {
    return undefined;
  }
}

function valueAt(value: unknown, path: string): unknown {
  return path
    .split(".")
    .reduce<unknown>(
      (so, key) =>
        typeof so === "object" && so !== null && Object.hasOwn(so, key)
          ? (so as Record<string, unknown>)[key]
          : undefined,
      value,
    );
}

/** What hosts say that are not as wanted, one line each. */
export const hostsSaying = (hosts: readonly HostDoor[], right: (host: HostDoor) => boolean): string[] =>
  hosts.filter((one) => !right(one)).map(({ host, saw }) => `${host} ${saw}`);
