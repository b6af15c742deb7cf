export { type Dispatch, dispatchDue } from "./dispatch.js";
export { keepDispatching } from "./keep-dispatching.js";
export { sign } from "./sign.js";
