import { createEmulator, type Emulator } from "emulate";
import type { Browser } from "playwright-core";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { openShop, playbook, type Shop } from "../cli/shop.js";
import { aVisitor, axeFindings, openChromium } from "./chromium.js";

const secret = "atoms-secret-of-the-test";
let shop: Shop;
let browser: Browser;
let provider: Emulator;
let origin: string;

beforeAll(async () => {
  shop = openShop();
  browser = await openChromium();
  expect((await shop.atoms("up")).code).toBe(0);
  origin = new URL((await shop.json("dashboard", "--no-open")).last.url as string).origin;
  const email = "ada@example.com";
  provider = await createEmulator({
    service: "okta",
    seed: {
      okta: {
        users: [{ login: email, email, first_name: "Ada", last_name: "Test" }],
        authorization_servers: [{ id: "default", name: "default", audiences: ["api://default"] }],
        oauth_clients: [
          {
            client_id: "atoms",
            client_secret: secret,
            name: "Atoms",
            redirect_uris: [`${origin}/auth/oidc/callback`],
            auth_server_id: "default",
          },
        ],
      },
    },
  });
  shop.write(
    "playbook.yaml",
    playbook(`sign_in:
  oidc:
    issuer: ${provider.url}/oauth2/default
    client_id: atoms
    client_secret: ${secret}
    name: Okta
    roles: [{ claim: email, is: ${email}, role: viewer }]
`),
  );
}, 240_000);

afterAll(async () => {
  await browser?.close();
  await provider?.close();
  await shop?.close();
}, 120_000);

describe("somebody without a link", () => {
  it("signs in at the provider, and is in the dashboard with the role of the playbook", async () => {
    const ada = await aVisitor(browser, origin);
    const { page } = ada;
    await page.goto(origin);
    const door = page.getByRole("link", { name: "Sign in with Okta" });
    await door.waitFor();
    expect(await axeFindings(ada)).toEqual([]);
    await door.click();
    await page.getByRole("button", { name: /ada@example\.com/ }).click();
    await page.getByRole("navigation").waitFor();
    expect(new URL(page.url()).origin).toBe(origin);
    await page.getByText("ada@example.com").first().waitFor();
    // The way in leaves nothing in the address.
    expect(page.url()).not.toMatch(/code=|state=/);
    await ada.context.close();
  }, 180_000);
});
