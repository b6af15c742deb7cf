export * from "./condition.js";
export * from "./model.js";
export * from "./settings.js";
