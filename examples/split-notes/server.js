import { createServer } from "node:http";
import { splitTraffic } from "./atoms-split/index.js";

const version = process.env.ATOMS_VERSION ?? "development";
// Kept in memory: a new deployment begins without notes.
const notes = [];

/** The service itself; it knows nothing of the split. */
function service(request, response) {
  const json = (status, body) => {
    response.writeHead(status, { "content-type": "application/json" });
    response.end(JSON.stringify(body));
  };
  const { pathname } = new URL(request.url, "http://here");
  if (pathname === "/") return json(200, { notes: "/notes", version });
  if (pathname === "/health") {
    return json(200, { status: "ok", version, deployment_id: process.env.VERCEL_DEPLOYMENT_ID ?? "none" });
  }
  if (pathname !== "/notes") return json(404, { error: "there is no such page" });
  if (request.method === "GET") return json(200, notes);
  if (request.method !== "POST") return json(405, { error: "GET or POST" });
  let text = "";
  request.setEncoding("utf8");
  request.on("data", (part) => {
    text = (text + part).slice(0, 16_384);
  });
  request.on("end", () => {
    if (text.trim() === "") return json(400, { error: "the note is empty" });
    notes.splice(1_000);
    notes.unshift({ text: text.trim(), version });
    json(201, notes[0]);
  });
}

const split = splitTraffic();
// The helper comes first: it may have another deployment answer.
createServer((request, response) => split(request, response, () => service(request, response))).listen(
  Number(process.env.PORT ?? 3000),
  process.env.HOST ?? "127.0.0.1",
);
