import { killAgainAndAgain } from "./suite.js";

killAgainAndAgain("PGlite");
