import { expect, it } from "vitest";
import * as calls from "./calls.js";
import { verbs } from "./index.js";
import { statusCall } from "./status-call.js";

it.each([...Object.values(calls), statusCall])(
  "$method $path is a call of the verb $name",
  ({ name, method, path }) => {
    const meant = verbs.find((verb) => verb.name === name);
    expect({ method, path }).toEqual({ method: meant?.method, path: meant?.path });
  },
);
