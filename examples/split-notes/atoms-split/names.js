/** The header in which every answer names the deployment that gave it. */
export const answeredBy = "x-atoms-split";
/** The header that asks the helper about itself; the service is not asked. */
export const askHeader = "x-atoms-split-ask";
/** The header on what is forwarded: it names the deployment that forwards, and is never forwarded again. */
export const forwardedBy = "x-atoms-split-by";
/** The headers that tell the candidate what the platform's edge overwrites: the host that was asked, and the client's address. */
export const askedHost = "x-atoms-split-host";
export const askedFor = "x-atoms-split-for";
/** The query parameter that forces an arm, with `canary` or `stable`. */
export const forceParameter = "atomsSplit";
/** The cookie that keeps a client on its side. */
export const cookieName = "atoms_split";
/** The variable that says where the weights are: the connection string of a Global Config, with the item's key as `item`. */
export const connectionVariable = "ATOMS_SPLIT";
/** For requests that no cache of a framework may answer: the type of `fetch` in Node 20 does not know it. */
export const uncached = { cache: "no-store" };
