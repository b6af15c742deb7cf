export { pageLink } from "./link.js";
export {
  acknowledgePage,
  type PageRequest,
  page,
  pageFlowOf,
  pageIdOf,
  resolveAPage,
  startLostPages,
} from "./page.js";
export { onCallRoutes } from "./routes.js";
