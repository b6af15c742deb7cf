export { type Dispatch, type Dispatched, dispatchDue } from "./dispatch.js";
export { keepDispatching, type Pace } from "./keep-dispatching.js";
export { sign } from "./sign.js";
