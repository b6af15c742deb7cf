export { databaseRows } from "./database-rows.js";
export { databaseFlags } from "./flags.js";
export { findServerPrograms, type OwnServer, removeOwnServer, startOwnServer } from "./own-server.js";
export { endSessionsOf, scramVerifier, setRolePassword } from "./passwords.js";
export { postgresDatabases } from "./postgres-databases.js";
export { redisCaches } from "./redis-caches.js";
export { readElsewhere, spoilTrail, trailRows, writeElsewhere } from "./spoil.js";
export { readTrail, type Trail, trailTable, writeTrail } from "./trail.js";
export { databaseCare } from "./vacuum.js";
