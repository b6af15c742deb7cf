// Opens the store in the given folder and the engine on it, as a command does, and says when each was ready.
import { openStore } from "../../packages/store/dist/index.js";

const store = await openStore({ folder: process.argv[2] });
const opened = performance.now();
const { openDbosEngine } = await import("../../packages/engine/dist/index.js");
const engine = await openDbosEngine({ connectionString: store.connectionString, flows: [] });
console.log(JSON.stringify({ store: opened, engine: performance.now() }));
await engine.close();
await store.close();
