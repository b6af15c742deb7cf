import { readdir, readFile } from "node:fs/promises";
import { extname, join } from "node:path";
import { fileURLToPath } from "node:url";

/** Where the build of apps/dashboard writes; from src/ and from dist/ alike. */
const built = fileURLToPath(new URL("../../../dashboard/dist/web/", import.meta.url));

const types: Readonly<Record<string, string>> = {
  ".html": "text/html; charset=utf-8",
  ".js": "text/javascript; charset=utf-8",
  ".css": "text/css; charset=utf-8",
  ".svg": "image/svg+xml",
};

/** A file of the dashboard, ready to be sent. */
export type DashboardFile = {
  type: string;
  bytes: Uint8Array<ArrayBuffer>;
  /** The same, packed with gzip. */
  packed: Uint8Array<ArrayBuffer>;
};

/** The dashboard: its page, and what that loads, by name. */
export type DashboardFiles = { page: DashboardFile; assets: ReadonlyMap<string, DashboardFile> };

/**
 * Reads the built dashboard, all of it: it is small, and a running control plane then serves one build and no mixture of two.
 * @returns undefined when it was never built.
 */
export async function readDashboard(folder = built): Promise<DashboardFiles | undefined> {
  let names: string[];
  try {
    names = await readdir(join(folder, "assets"));
  } catch {
    return undefined;
  }
  const read = async (path: string): Promise<DashboardFile> => {
    const [bytes, packed] = await Promise.all([
      readFile(join(folder, path)),
      readFile(join(folder, `${path}.gz`)),
    ]);
    return {
      type: types[extname(path)] ?? "application/octet-stream",
      bytes: new Uint8Array(bytes),
      packed: new Uint8Array(packed),
    };
  };
  const plain = names.filter((name) => !name.endsWith(".gz"));
  const [page, ...files] = await Promise.all([
    read("index.html"),
    ...plain.map((name) => read(`assets/${name}`)),
  ]);
  const assets = new Map(plain.flatMap((name, i) => (files[i] === undefined ? [] : [[name, files[i]]])));
  return { page, assets };
}
