import { isAlias, isMap, isScalar, isSeq, LineCounter, type Node, parseDocument, type YAMLError } from "yaml";
import type { Path } from "./place.js";

/** Something wrong at a place of the text, before it is given a line and a snippet. */
export type Slip = { offset: number; path: Path; message: string; suggestion?: string };

/** A YAML text as plain data that still knows where everything stands. */
export type YamlTree = {
  data: unknown;
  /** Mistakes of YAML itself. */
  slips: Slip[];
  /** Whether the mistakes are such that `data` means nothing. */
  broken: boolean;
  lines: LineCounter;
  /** Where the key of a setting begins; undefined for entries of lists and for what is not there. */
  keyAt(path: Path): number | undefined;
  /** Where the value of a setting begins. */
  valueAt(path: Path): number | undefined;
  /** Where the text of a one-line value begins, behind its quote; undefined for anything else. */
  textAt(path: Path): number | undefined;
};

/** Most nodes that are looked at; a real playbook has a few hundred. */
const most = 50_000;

const keyOf = (path: Path) => JSON.stringify(path);

/**
 * Reads YAML 1.2.
 * @param fill Called with every text value; what it returns takes its place.
 */
export function readYaml(
  text: string,
  fill: (value: string, path: Path, offset: number) => unknown,
): YamlTree {
  const lines = new LineCounter();
  const document = parseDocument(text, { lineCounter: lines, prettyErrors: false, stringKeys: true });
  const keys = new Map<string, number>();
  const values = new Map<string, number>();
  const texts = new Map<string, number>();
  // One mistake makes the parser stumble several times in its line; the first is the one to mend.
  const seen = new Set<number>();
  const slips = document.errors
    .filter((error) => {
      const { line } = lines.linePos(error.pos[0]);
      return error.code === "DUPLICATE_KEY" || (!seen.has(line) && seen.add(line) !== undefined);
    })
    .map((error) => slipOf(error, text));
  const broken = document.errors.some((error) => error.code !== "DUPLICATE_KEY");

  let visited = 0;
  const walk = (node: Node | null | undefined, path: Path, inside: readonly Node[]): unknown => {
    if (isAlias(node)) {
      const target = node.resolve(document);
      if (target !== undefined && !inside.includes(target)) return walk(target, path, inside);
      slips.push({ offset: node.range?.[0] ?? 0, path, message: `*${node.source} refers to itself` });
      return null;
    }
    const offset = node?.range?.[0] ?? 0;
    // Aliases of aliases can unfold to more than any memory holds.
    visited += 1;
    if (visited === most)
      slips.push({ offset, path, message: `expected at most ${most} settings, aliases unfolded` });
    if (visited >= most) return null;
    if (node) values.set(keyOf(path), offset);
    if (isMap(node)) {
      const result: Record<string, unknown> = {};
      for (const { key, value } of node.items) {
        const name = isScalar(key) ? String(key.value) : String(key);
        const place = [...path, name];
        if (keys.has(keyOf(place))) continue;
        if (isScalar(key) && key.range) keys.set(keyOf(place), key.range[0]);
        // Defined, not assigned: a key named __proto__ is data like any other, and is then refused as unknown.
        Object.defineProperty(result, name, {
          value: walk(value as Node | null, place, [...inside, node]),
          enumerable: true,
          writable: true,
          configurable: true,
        });
      }
      return result;
    }
    if (isSeq(node)) return node.items.map((item, i) => walk(item as Node, [...path, i], [...inside, node]));
    if (!isScalar(node)) return null;
    if (typeof node.value !== "string") return node.value;
    const quoted = node.type === "QUOTE_DOUBLE" || node.type === "QUOTE_SINGLE";
    if (quoted || node.type === "PLAIN") texts.set(keyOf(path), offset + (quoted ? 1 : 0));
    return fill(node.value, path, offset);
  };

  return {
    data: broken ? undefined : walk(document.contents, [], []),
    slips,
    broken,
    lines,
    keyAt: (path) => keys.get(keyOf(path)),
    valueAt: (path) => values.get(keyOf(path)),
    textAt: (path) => texts.get(keyOf(path)),
  };
}

function slipOf(error: YAMLError, text: string): Slip {
  const offset = error.pos[0];
  // In [ ] and { } a bare ${NAME} is cut at its brace: the commonest mistake with variables.
  if (
    text.slice(Math.max(0, offset - 1), offset + 2).includes("${") ||
    /\$\{[^}\n]*$/.test(text.slice(0, offset))
  )
    return {
      offset,
      path: [],
      message: `this is not well-formed YAML: ${lower(error.message)}`,
      suggestion: "Inside [ ] and { } a variable has to stand in quotes.",
    };
  switch (error.code) {
    case "DUPLICATE_KEY":
      return {
        offset,
        path: [],
        message: "this key is given twice in the same group",
        suggestion: "Keep one of the two.",
      };
    case "TAB_AS_INDENT":
      return {
        offset,
        path: [],
        message: "a tab can't indent a line",
        suggestion: "Indent with spaces, two per level.",
      };
    case "MULTIPLE_DOCS":
      return {
        offset,
        path: [],
        message: "expected one document, but a second one begins here",
        suggestion: "Remove the line ---.",
      };
    case "BAD_INDENT":
    case "BAD_SCALAR_START":
    case "BLOCK_AS_IMPLICIT_KEY":
    case "MULTILINE_IMPLICIT_KEY":
      return {
        offset,
        path: [],
        message: `this is not well-formed YAML: ${lower(error.message)}`,
        suggestion:
          'Keys of one group stand under each other, and text with ": ", "#" or a leading symbol stands in quotes.',
      };
    default:
      return { offset, path: [], message: `this is not well-formed YAML: ${lower(error.message)}` };
  }
}

const lower = (sentence: string) => sentence.charAt(0).toLowerCase() + sentence.slice(1);
