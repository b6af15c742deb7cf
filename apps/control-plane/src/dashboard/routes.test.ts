import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { gunzipSync, gzipSync } from "node:zlib";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { readDashboard } from "./files.js";
import { dashboardRoutes } from "./routes.js";

const files = {
  "index.html": "<!doctype html><title>Atoms</title>",
  "assets/app-ABCD1234.js": "export {};",
  "assets/style-WXYZ5678.css": "body {}",
  "assets/icon.svg": "<svg/>",
};
let folder: string;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "atoms-dashboard-"));
  await mkdir(join(folder, "web/assets"), { recursive: true });
  for (const [path, text] of Object.entries(files)) {
    await writeFile(join(folder, "web", path), text);
    await writeFile(join(folder, "web", `${path}.gz`), gzipSync(text));
  }
  await writeFile(join(folder, "secret.txt"), "secret");
});
afterAll(() => rm(folder, { recursive: true, force: true }));

const get = (path: string, headers: Record<string, string> = {}) =>
  dashboardRoutes(() => readDashboard(join(folder, "web"))).request(path, { headers });

describe("the dashboard's page", () => {
  it("lets nothing in from elsewhere, and is asked for anew each time", async () => {
    const page = await get("/");
    expect(page.status).toBe(200);
    expect(await page.text()).toBe(files["index.html"]);
    const policy = page.headers.get("content-security-policy") ?? "";
    expect(policy).toMatch(/^default-src 'none'; script-src 'self'; /);
    expect(policy).toContain("frame-ancestors 'none'");
    expect(policy).not.toMatch(/unsafe|https?:|\*/);
    expect(page.headers.get("cache-control")).toBe("no-cache");
    expect(page.headers.get("x-content-type-options")).toBe("nosniff");
    expect(page.headers.get("referrer-policy")).toBe("no-referrer");
  });

  it("is not sent again to whoever has it", async () => {
    const tag = (await get("/")).headers.get("etag") ?? "";
    const again = await get("/", { "if-none-match": tag });
    expect([again.status, await again.text()]).toEqual([304, ""]);
  });

  it("says what to type where it was not built, and is there as soon as it is", async () => {
    let built = false;
    const app = dashboardRoutes(() => readDashboard(join(folder, built ? "web" : "nowhere")));
    const page = await app.request("/");
    expect(page.status).toBe(503);
    expect(await page.text()).toContain("npm run build");
    expect((await app.request("/assets/app-ABCD1234.js")).status).toBe(404);
    built = true;
    expect((await app.request("/")).status).toBe(200);
  });
});

describe("what the page loads", () => {
  it.each([
    ["app-ABCD1234.js", "text/javascript; charset=utf-8", /immutable/],
    ["style-WXYZ5678.css", "text/css; charset=utf-8", /immutable/],
    ["icon.svg", "image/svg+xml", /^max-age=3600$/],
  ])("%s", async (name, type, cached) => {
    const file = await get(`/assets/${name}`);
    expect(file.headers.get("content-type")).toBe(type);
    expect(file.headers.get("cache-control")).toMatch(cached);
    expect(file.headers.get("content-encoding")).toBeNull();
    const packed = await get(`/assets/${name}`, { "accept-encoding": "br, gzip" });
    expect(packed.headers.get("content-encoding")).toBe("gzip");
    expect(packed.headers.get("vary")).toBe("accept-encoding");
    const bytes = Buffer.from(await packed.arrayBuffer());
    expect(gunzipSync(bytes).toString()).toBe(files[`assets/${name}` as keyof typeof files]);
  });

  it.each([
    "/assets/nothing.js",
    "/assets/app-ABCD1234.js.gz",
    "/assets/..%2f..%2fsecret.txt",
    "/assets/%2e%2e%2fsecret.txt",
    "/assets/",
    "/secret.txt",
  ])("and no other file: %s", async (path) => {
    expect((await get(path)).status).toBe(404);
  });
});
