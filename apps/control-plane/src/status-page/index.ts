export { statusPageRoutes } from "./routes.js";
