import { serve } from "@hono/node-server";
import { Hono } from "hono";
import { products, total } from "./products.js";

const app = new Hono();

app.get("/", (c) => c.json({ shop: "hono-shop", products: "/products" }));
app.get("/products", (c) => c.json(products));
app.post("/basket", async (c) => {
  const sum = total(await c.req.json());
  return sum === undefined ? c.json({ error: "no such product" }, 400) : c.json({ total: sum });
});
// Atoms reads the word, and who answered: the platform gives every deployment its id and version.
app.get("/health", (c) =>
  c.json({
    status: "healthy",
    version: process.env.ATOMS_VERSION ?? "development",
    deployment_id: process.env.VERCEL_DEPLOYMENT_ID ?? "none",
  }),
);

serve({
  fetch: app.fetch,
  port: Number(process.env.PORT ?? 3000),
  hostname: process.env.HOST ?? "127.0.0.1",
});
