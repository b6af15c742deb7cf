export { approvalRoutes } from "./routes.js";
export { approvalLink, wake, withApprovalLink } from "./use-link.js";
