import { killEverywhere } from "./suite.js";

killEverywhere("PGlite");
