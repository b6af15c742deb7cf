const express = require("express");

const app = express();
app.use(express.json({ limit: "16kb" }));

// Kept in memory: a new deployment begins without notes.
const notes = [];

app.get("/", (_request, response) => response.json({ notes: "/notes" }));
app.get("/notes", (_request, response) => response.json(notes));
app.post("/notes", (request, response) => {
  const text = request.body?.text;
  if (typeof text !== "string" || text.trim() === "")
    return response.status(400).json({ error: "text is missing" });
  if (notes.length >= 1000) return response.status(409).json({ error: "the book is full" });
  notes.push({ id: notes.length + 1, text: text.trim() });
  response.status(201).json(notes.at(-1));
});
app.get("/health", (_request, response) =>
  response.json({
    status: "ok",
    version: process.env.ATOMS_VERSION ?? "development",
    deployment_id: process.env.VERCEL_DEPLOYMENT_ID ?? "none",
  }),
);

app.listen(Number(process.env.PORT ?? 3000), process.env.HOST ?? "127.0.0.1");
