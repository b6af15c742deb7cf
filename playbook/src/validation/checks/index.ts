import { authLogin } from "./auth-login.js";
import { authRequired } from "./auth-required.js";
import type { Check } from "./check.js";
import { cors } from "./cors.js";
import { database } from "./database.js";
import { health } from "./health.js";
import { loginWall } from "./login-wall.js";
import { mcpCall } from "./mcp-call.js";
import { mcpCatalogue } from "./mcp-catalogue.js";
import { mcpHandshake } from "./mcp-handshake.js";
import { rateLimit } from "./rate-limit.js";
import { servesItself } from "./serves-itself.js";

/** The smoke checks, in the order they are made: first who answers at all, last what uses up an allowance. */
export const checks: readonly Check[] = [
  loginWall,
  servesItself,
  health,
  authLogin,
  authRequired,
  cors,
  mcpHandshake,
  mcpCatalogue,
  mcpCall,
  database,
  rateLimit,
];
