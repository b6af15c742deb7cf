import type { Framework } from "@vercel/frameworks";

let loading: Promise<readonly Framework[]> | undefined;

/** The platform's own list of frameworks. It is loaded when it is first asked for: the cloud starts without it. */
export function frameworks(): Promise<readonly Framework[]> {
  loading ??= import("@vercel/frameworks").then((module) => module.frameworkList);
  return loading;
}

/** What detection may know of a project's folder. */
export interface ProjectFiles {
  has(path: string): boolean;
  /** @returns null when there is no such file */
  text(path: string): string | null;
}

type Detector = NonNullable<NonNullable<Framework["detectors"]>["every"]>[number];

/**
 * Finds the framework of a project as the platform does: by the detectors of its list, in the list's order, without those
 * that another one found stands for (`supersedes`). What is often there only as a tool beside something else (Storybook)
 * counts when there is nothing else.
 * @returns its slug, or null for none
 */
export function detectFramework(list: readonly Framework[], files: ProjectFiles): string | null {
  const found = list.filter((one) => !one.experimental && isOf(one, files));
  for (const one of [...found]) for (const slug of one.supersedes ?? []) remove(found, slug);
  const chosen = found.find((one) => one.detectionConfidence !== "weak") ?? found[0];
  return chosen?.slug ?? null;
}

/** Takes one out, and what it stands for. */
function remove(found: Framework[], slug: string): void {
  const at = found.findIndex((one) => one.slug === slug);
  if (at < 0) return;
  const [taken] = found.splice(at, 1);
  for (const below of taken?.supersedes ?? []) remove(found, below);
}

function isOf(framework: Framework, files: ProjectFiles): boolean {
  const { every = [], some = [] } = framework.detectors ?? {};
  if (every.length + some.length === 0) return false;
  const fits = (detector: Detector) => matches(detector, files);
  return every.every(fits) && (some.length === 0 || some.some(fits));
}

function matches({ path, matchContent, matchPackage }: Detector, files: ProjectFiles): boolean {
  const content = matchPackage
    ? `"(dev)?(d|D)ependencies":\\s*{[^}]*"${matchPackage}":\\s*"(.+?)"[^}]*}`
    : matchContent;
  const file = path ?? "package.json";
  if (content === undefined) return files.has(file);
  const text = files.text(file);
  return text !== null && new RegExp(content, "m").test(text);
}
