import { existsSync, readFileSync, statSync } from "node:fs";
import { join } from "node:path";
import type { Framework } from "@vercel/frameworks";
import { BuildError } from "./build-error.js";
import { detectFramework, frameworks, type ProjectFiles } from "./detect-framework.js";

/** A project's framework, and the line of the build's log that names it; null where there is nothing to say. */
export interface ChosenFramework {
  readonly framework: Framework | null;
  readonly said: string | null;
  readonly warning?: string;
}

/** The slugs that a project's setting `framework` may have. */
export async function frameworkSlugs(): Promise<readonly string[]> {
  return (await frameworks()).flatMap(({ slug }) => (slug === null ? [] : [slug]));
}

/**
 * vercel.json wins over the project's setting, and both over detection. Null says that there is none; undefined, that
 * nothing was said.
 * @param cwd the project's folder
 * @throws BuildError when vercel.json names one that there is not
 */
export async function chooseFramework(
  cwd: string,
  inVercelJson: string | null | undefined,
  inSettings: string | null | undefined,
): Promise<ChosenFramework> {
  const list = await frameworks();
  const named = (slug: string) => list.find((one) => one.slug === slug) ?? null;
  if (inVercelJson === null) return { framework: null, said: "Framework: none (vercel.json)" };
  if (inVercelJson !== undefined) {
    const framework = named(inVercelJson);
    if (!framework)
      throw new BuildError(
        `vercel.json cannot be used: there is no framework "${inVercelJson}". Known are ${(await frameworkSlugs()).join(", ")}.`,
        "source",
      );
    return { framework, said: `Framework: ${framework.name} (vercel.json)` };
  }
  if (inSettings === null) return { framework: null, said: null };
  if (inSettings !== undefined) {
    const framework = named(inSettings);
    if (framework) return { framework, said: `Framework: ${framework.name} (set for the project)` };
  }
  const slug = detectFramework(list, filesOf(cwd));
  const framework = slug === null ? null : named(slug);
  return {
    framework,
    said: framework ? `Detected ${framework.name}` : null,
    ...(inSettings === undefined
      ? {}
      : { warning: `The project's framework "${inSettings}" is not known; the files decide.` }),
  };
}

/** Each file is read once: most detectors look at the same few. */
function filesOf(cwd: string): ProjectFiles {
  const texts = new Map<string, string | null>();
  const read = (path: string) =>
    existsSync(path) && statSync(path).isFile() ? readFileSync(path, "utf8") : null;
  return {
    has: (path) => existsSync(join(cwd, path)),
    text: (path) => {
      const known = texts.get(path);
      if (known !== undefined) return known;
      const text = read(join(cwd, path));
      texts.set(path, text);
      return text;
    },
  };
}
