export { detectService } from "./detect-service.js";
export { initTemplate } from "./init-template.js";
export { loadPlaybook } from "./load.js";
export { type LoadedPlaybook, readPlaybook } from "./read.js";
export { looksSecret } from "./redactor.js";
