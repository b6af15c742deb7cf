export { dnsProvider } from "./provider.js";
