export { type AtomsApp, createApp } from "./app.js";
export { type Config, ConfigError, readConfig, type Surroundings } from "./config/index.js";
export type { Deps } from "./services.js";
