import { httpTests } from "../testing/http-tests.js";
import { limitsContract } from "./limits.contract.js";
import { protocolContract } from "./protocol.contract.js";
import { surfaceContract } from "./surface.contract.js";

const http = httpTests();
surfaceContract(http);
limitsContract(http);
protocolContract(http);
