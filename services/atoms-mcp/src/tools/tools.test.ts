import { afterAll, beforeAll, beforeEach, describe, vi } from "vitest";
import { PLAIN, shared, startServer, type TestServer } from "../testing/server.js";
import { STORES, type TestStore } from "../testing/stores.js";
import { toolTests } from "../testing/tool-tests.js";
import { entityListsContract } from "./entity-lists.contract.js";
import { entityRecordsContract } from "./entity-records.contract.js";
import { queryContract } from "./query.contract.js";
import { relationshipContract } from "./relationship.contract.js";
import { workflowContract } from "./workflow.contract.js";
import { workspaceContract } from "./workspace.contract.js";

// Many calls in one test: on a busy machine longer than a test usually may take.
vi.setConfig({ testTimeout: 60_000 });

describe.each(STORES)("tools on $name", ({ open }) => {
  let store: TestStore;
  let server: TestServer;
  beforeAll(async () => {
    store = await open();
    server = await startServer(PLAIN, shared(store.driver));
  });
  beforeEach(() => store.empty());
  afterAll(async () => {
    await server?.close();
    await store?.close();
  });

  const tests = toolTests(() => server);
  workspaceContract(tests);
  entityRecordsContract(tests);
  entityListsContract(tests);
  relationshipContract(tests);
  workflowContract(tests);
  queryContract(tests);
});
