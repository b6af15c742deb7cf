import { killEverywhere } from "./suite.js";

killEverywhere("PostgreSQL");
