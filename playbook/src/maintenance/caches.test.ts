import { describe, expect, it } from "vitest";
import { CacheSettings, extentOf, extentText } from "./caches.js";
import { MaintenanceSettings, maintenanceMistakes } from "./settings.js";

const secret = "s3cret";
const url = `redis://:${secret}@cache.example:6379`;

describe("a cache of the playbook", () => {
  it.each([
    { cache: { url, prefix: "shop:" }, means: 'keys that begin with "shop:"' },
    { cache: { url: `${url}/3`, prefix: "*" }, means: 'keys that begin with "*"' },
    { cache: { url: url.replace("redis:", "rediss:"), prefix: "a" }, means: 'keys that begin with "a"' },
    { cache: { url: `${url}/3`, whole: true }, means: "every key" },
  ])("means $means", ({ cache, means }) => {
    expect(extentText(extentOf(CacheSettings.parse(cache)))).toBe(means);
  });

  it.each([
    { what: "neither prefix nor whole", cache: { url }, at: "prefix" },
    { what: "both of them", cache: { url: `${url}/3`, prefix: "a", whole: true }, at: "prefix" },
    { what: "an empty prefix", cache: { url, prefix: "" }, at: "prefix" },
    { what: "a whole database without its number", cache: { url, whole: true }, at: "url" },
    { what: "another kind of address", cache: { url: `http://:${secret}@x/0`, prefix: "a" }, at: "url" },
    { what: "the name of a database", cache: { url: `${url}/shop`, prefix: "a" }, at: "url" },
    { what: "no address", cache: { url: secret, prefix: "a" }, at: "url" },
  ])("is refused with $what, without its password", ({ cache, at }) => {
    const { success, error } = CacheSettings.safeParse(cache);
    expect(success).toBe(false);
    expect(error?.issues.map(({ path }) => path[0])).toContain(at);
    expect(error?.issues.map(({ message }) => message).join()).not.toContain(secret);
  });
});

describe("tasks that clear caches", () => {
  const mistakes = (more: object) =>
    maintenanceMistakes(
      MaintenanceSettings.parse({
        flag: { database: "main" },
        caches: { pages: { url, prefix: "a" } },
        tasks: [{ name: "clear", kind: "cache", cache: "pages" }],
        ...more,
      }),
      ["main"],
    );
  const window = { name: "night", at: "02:30", time_zone: "Europe/Berlin", for: "1h" };

  it("name a cache that there is", () => {
    expect(mistakes({})).toEqual([]);
    expect(mistakes({ tasks: [{ name: "clear", kind: "cache", cache: "page" }] })).toEqual([
      { path: ["maintenance", "tasks", 0, "cache"], message: "is none of maintenance.caches: pages" },
    ]);
  });

  it("are begun by a window only when it names its tasks, for nobody is asked then", () => {
    expect(mistakes({ windows: [{ ...window, tasks: ["clear"] }] })).toEqual([]);
    expect(mistakes({ windows: [{ ...window, tasks: [] }] })).toEqual([]);
    expect(mistakes({ windows: [window] })).toMatchObject([{ path: ["maintenance", "windows", 0, "tasks"] }]);
  });
});
