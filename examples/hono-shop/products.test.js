import assert from "node:assert/strict";
import { test } from "node:test";
import { total } from "./products.js";

test("a basket has a sum", () => assert.equal(total({ tea: 2, pot: 1 }), 5030));
test("what the shop does not sell has none", () => assert.equal(total({ coffee: 1 }), undefined));
