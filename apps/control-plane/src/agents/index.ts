export { agentRoutes } from "./routes.js";
