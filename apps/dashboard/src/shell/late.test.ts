import { expect, it } from "vitest";
import { late } from "./late.js";

it("is fetched once, however often it is wanted", async () => {
  let loads = 0;
  const page = late(async () => `page ${++loads}`);
  expect(page.now()).toBeUndefined();
  expect(await Promise.all([page.fetch(), page.fetch()])).toEqual(["page 1", "page 1"]);
  expect(await page.fetch()).toBe("page 1");
  expect(page.now()).toBe("page 1");
});

it("is fetched again after it could not be", async () => {
  let away = true;
  const page = late(async () => {
    if (away) throw new Error("away");
    return "page";
  });
  await expect(page.fetch()).rejects.toThrow("away");
  expect(page.now()).toBeUndefined();
  away = false;
  expect(await page.fetch()).toBe("page");
});
