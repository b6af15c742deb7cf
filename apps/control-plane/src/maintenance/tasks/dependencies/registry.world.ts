import { execFileSync } from "node:child_process";
import { createHash } from "node:crypto";
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";

/** A package in a lockfile. */
export type Locked = { version: string; resolved: string; integrity: string };

/** A registry of packages on loopback, as npm asks it. */
export type Registry = {
  url: string;
  /** Publishes a version whose module exports this text. @returns it as a lockfile has it. */
  publish(name: string, version: string, exports: string): Locked;
  close(): Promise<void>;
};

export async function startRegistry(): Promise<Registry> {
  const folder = mkdtempSync(join(tmpdir(), "atoms-registry-"));
  const published = new Map<string, Map<string, Buffer>>();
  const addressOf = (name: string, version: string) => `${url}/${name}/-/${version}.tgz`;
  const integrityOf = (bytes: Buffer) => `sha512-${createHash("sha512").update(bytes).digest("base64")}`;
  const server = createServer((request, response) => {
    const [name = "", file] = decodeURIComponent(request.url ?? "")
      .slice(1)
      .split("/-/");
    const versions = published.get(name);
    const tarball = file === undefined ? undefined : versions?.get(file.slice(0, -4));
    if (tarball !== undefined) return void response.end(tarball);
    if (versions === undefined || file !== undefined) return void response.writeHead(404).end("{}");
    const all = [...versions].map(([version, bytes]) => [
      version,
      {
        name,
        version,
        dist: { tarball: addressOf(name, version), integrity: integrityOf(bytes) },
      },
    ]);
    const latest = [...versions.keys()].at(-1);
    response.setHeader("content-type", "application/json");
    response.end(JSON.stringify({ name, "dist-tags": { latest }, versions: Object.fromEntries(all) }));
  });
  await new Promise<void>((listening) => server.listen(0, "127.0.0.1", listening));
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  return {
    url,
    publish(name, version, exports) {
      const package_ = join(folder, `${name}-${version}`, "package");
      mkdirSync(package_, { recursive: true });
      writeFileSync(join(package_, "package.json"), JSON.stringify({ name, version, main: "index.js" }));
      writeFileSync(join(package_, "index.js"), `module.exports = ${JSON.stringify(exports)};\n`);
      const file = join(folder, `${name}-${version}.tgz`);
      execFileSync("tar", ["-czf", file, "-C", join(package_, ".."), "package"]);
      const versions = published.get(name) ?? new Map<string, Buffer>();
      const bytes = readFileSync(file);
      published.set(name, versions.set(version, bytes));
      return { version, resolved: addressOf(name, version), integrity: integrityOf(bytes) };
    },
    close: () =>
      new Promise((closed) => {
        server.close(() => {
          rmSync(folder, { recursive: true, force: true });
          closed();
        });
        server.closeAllConnections();
      }),
  };
}
