import { killAgainAndAgain } from "./suite.js";

killAgainAndAgain("PostgreSQL");
