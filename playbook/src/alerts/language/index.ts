export { type ReadCondition, readCondition } from "./read.js";
export { writeExpression, writeValue } from "./write.js";
