/**
 * Whether a path lies in a folder or matches a pattern: `*` is any part of a name, `**` any folders.
 * @param path From the source folder, with forward slashes.
 */
export function matches(path: string, pattern: string): boolean {
  const plain = pattern.replace(/\/+$/, "");
  if (!plain.includes("*")) return path === plain || path.startsWith(`${plain}/`);
  return matchesParts(path.split("/"), plain.split("/"));
}

function matchesParts(path: readonly string[], pattern: readonly string[]): boolean {
  const [first, ...rest] = pattern;
  if (first === undefined) return path.length === 0;
  if (first === "**") {
    if (rest.length === 0) return path.length > 0;
    return path.some((_, i) => matchesParts(path.slice(i), rest));
  }
  const [name, ...others] = path;
  return name !== undefined && matchesName(name, first) && matchesParts(others, rest);
}

/** By hand, so that no pattern of a playbook can be made to take for ever. */
function matchesName(name: string, pattern: string): boolean {
  const [start = "", ...rest] = pattern.split("*");
  if (rest.length === 0) return name === start;
  const end = rest.pop() ?? "";
  if (!name.startsWith(start) || name.length < start.length + end.length || !name.endsWith(end)) return false;
  let at = start.length;
  const last = name.length - end.length;
  for (const part of rest) {
    const found = name.indexOf(part, at);
    if (found === -1 || found + part.length > last) return false;
    at = found + part.length;
  }
  return true;
}
