export { databaseFlags } from "./flags.js";
export { postgresDatabases } from "./postgres-databases.js";
export { databaseCare } from "./vacuum.js";
