export { oidcRoutes } from "./routes.js";
