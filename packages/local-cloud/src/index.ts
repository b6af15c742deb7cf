/** The local cloud: a Vercel on one machine, with the same REST API, real processes and real traffic. */
export { type LocalCloud, startLocalCloud } from "./cloud.js";
export { FolderHeldError } from "./folder/lock.js";
export { DEFAULT_LIMITS, type Limits, type LocalCloudOptions } from "./settings.js";
