export { startNameServer } from "./name-server.js";
export { dnsProvider } from "./provider.js";
