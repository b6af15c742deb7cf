// The entry that Vercel's Hono detection looks for: imports `hono` and exports the app by default.
import type { Hono } from "hono";
import { createApp } from "./app.js";
import { readConfig } from "./config/index.js";
import { PACKAGE_VERSION } from "./package-version.js";

const config = readConfig(process.env, {
  host: "127.0.0.1",
  listenerUrl: process.env["VERCEL_URL"] ? `https://${process.env["VERCEL_URL"]}` : "http://127.0.0.1:50002",
  packageVersion: PACKAGE_VERSION,
});
const app: Hono = createApp(config).hono as unknown as Hono;

export default app;
