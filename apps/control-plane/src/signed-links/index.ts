export { discreet, linkPage, refusedPage } from "./page.js";
export { type LinkKind, readLink, signLink } from "./token.js";
