export { postgresDatabases } from "./postgres-databases.js";
