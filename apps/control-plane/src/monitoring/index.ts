export { heartbeatRoutes, oneLine } from "./heartbeat-routes.js";
export { heartbeatToken } from "./heartbeat-token.js";
export { lookTools, lookWorlds } from "./look-world.js";
export { runMonitors } from "./run.js";
export { setupOf as monitorSetupOf } from "./setup.js";
export { looksToTell } from "./standings.js";
