import { quoted } from "../answer.js";
import { canonical } from "./canonical.js";
import { compareSchemas } from "./compare-schemas.js";
import {
  type ChangeClass,
  type Contract,
  type ContractChange,
  type ContractComparison,
  changeClasses,
  type ToolContract,
} from "./model.js";
import type { SchemaChange } from "./schema-change.js";

/**
 * Compares two contracts as the clients of the first one meet the second. Arguments may only grow (what was right must
 * stay right), results may only shrink (nothing may come that was not promised). Pure.
 * @returns The gravest first; each change once, however many generations see it.
 */
export function compareContracts(before: Contract, after: Contract): ContractChange[] {
  const found = new Map<string, ContractChange>();
  const add = (changes: readonly ContractChange[]) => {
    for (const change of changes) found.set(canonical(change), change);
  };
  for (const { generation, listing } of before.listings) {
    const other = after.listings.find((one) => one.generation === generation);
    if (other === undefined) {
      const saw = after.refused.find((one) => one.generation === generation)?.saw ?? "it does not answer";
      add([
        {
          class: "protocol",
          tool: generation,
          path: "",
          saw: `clients of ${generation} are locked out: ${saw}`,
        },
      ]);
    } else add(compareTools(listing.tools, other.listing.tools));
  }
  const rank = (change: ContractChange) => changeClasses.indexOf(change.class);
  return [...found.values()].sort((a, b) => rank(a) - rank(b));
}

/** Both ways at once: what the release does to clients, and what going back would do to those that have learnt it. */
export function compareBothWays(stable: Contract, candidate: Contract): ContractComparison {
  const longest = (contract: Contract) => {
    const known = contract.listings.map(({ listing }) => listing.ttlMs).filter((ms) => ms !== null);
    return known.length === 0 ? null : Math.max(...known);
  };
  const count = (contract: Contract) => contract.listings[0]?.listing.tools.length ?? 0;
  return {
    changes: compareContracts(stable, candidate),
    back: compareContracts(candidate, stable),
    tools: { stable: count(stable), candidate: count(candidate) },
    ttlMs: { stable: longest(stable), candidate: longest(candidate) },
  };
}

function compareTools(before: readonly ToolContract[], after: readonly ToolContract[]): ContractChange[] {
  const [olds, news] = [byName(before), byName(after)];
  const gone = [...olds.values()].filter((tool) => !news.has(tool.name));
  const come = new Map([...news].filter(([name]) => !olds.has(name)));
  const changes: ContractChange[] = [];
  for (const tool of gone) {
    const heir = [...come.values()].find((other) => isSameTool(tool, other));
    if (heir === undefined) changes.push(change("removed", tool, "", "is gone"));
    else {
      come.delete(heir.name);
      changes.push(change("renamed", tool, "", `is now called ${heir.name}`));
      changes.push(...compareTool(tool, heir));
    }
  }
  for (const tool of come.values()) changes.push(change("added", tool, "", "is new"));
  for (const tool of olds.values()) {
    const other = news.get(tool.name);
    if (other !== undefined) changes.push(...compareTool(tool, other));
  }
  return changes;
}

const byName = (tools: readonly ToolContract[]) => new Map(tools.map((tool) => [tool.name, tool]));

const change = (of: ChangeClass, tool: ToolContract, path: string, saw: string): ContractChange => ({
  class: of,
  tool: tool.name,
  path: quoted(path, 120),
  saw: quoted(saw, 240),
});

/** Whether a tool that is gone and one that is new are one and the same under another name. */
function isSameTool(gone: ToolContract, come: ToolContract): boolean {
  const same = compareSchemas(gone.input, come.input).every(({ effect }) => effect === "described");
  if (!same) return false;
  const told = gone.description !== "" && gone.description === come.description;
  const plain = (name: string) => name.toLowerCase().replaceAll(/[^a-z0-9]/g, "");
  return told || plain(gone.name) === plain(come.name);
}

const asInput: Record<SchemaChange["effect"], ChangeClass> = {
  narrowed: "narrowed",
  both: "narrowed",
  widened: "widened",
  extended: "widened",
  described: "described",
};
const asOutput: Record<SchemaChange["effect"], ChangeClass> = {
  narrowed: "widened",
  both: "output",
  widened: "output",
  extended: "widened",
  described: "described",
};

function compareTool(was: ToolContract, is: ToolContract): ContractChange[] {
  const changes = compareSchemas(was.input, is.input).map(({ path, effect, saw }) =>
    change(asInput[effect], was, path, path === "" ? `its arguments: ${saw}` : saw),
  );
  if (was.output !== undefined && is.output === undefined)
    changes.push(change("output", was, "", "its result has no schema any more"));
  else if (was.output === undefined && is.output !== undefined)
    changes.push(change("widened", was, "", "its result has a schema now"));
  else {
    for (const { path, effect, saw } of compareSchemas(was.output, is.output))
      changes.push(
        change(asOutput[effect], was, path, path === "" ? `its result: ${saw}` : `in its result ${saw}`),
      );
  }
  for (const word of ["title", "description"] as const)
    if (was[word] !== is[word]) changes.push(change("described", was, "", `has another ${word}`));
  return [...changes, ...compareHints(was, is)];
}

/** What a hint means when it is left out, and which value is the more dangerous one. */
const hints = {
  readOnlyHint: { usual: false, risky: false },
  destructiveHint: { usual: true, risky: true },
  idempotentHint: { usual: false, risky: false },
  openWorldHint: { usual: true, risky: true },
} as const;

function compareHints(was: ToolContract, is: ToolContract): ContractChange[] {
  return Object.entries(hints).flatMap(([hint, { usual, risky }]) => {
    const [before, after] = [was.hints[hint] ?? usual, is.hints[hint] ?? usual];
    if (before === after) return [];
    // Destructive and idempotent say something only of tools that write.
    const writes = hint === "destructiveHint" || hint === "idempotentHint";
    if (writes && (is.hints["readOnlyHint"] ?? false)) return [];
    return [change(after === risky ? "riskier" : "described", was, "", `${hint} was ${before}, is ${after}`)];
  });
}
