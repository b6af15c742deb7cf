import { expect } from "vitest";
import type { Answer, TestServer } from "./server.js";

type Arguments = Record<string, unknown>;

/** The words in which the tools' tests are told. */
export interface ToolTests {
  /** Calls a tool as a user. */
  call(user: string, tool: string, args: Arguments): Promise<Answer>;
  /** Calls entity_tool as a user. */
  entity(user: string, args: Arguments): Promise<Answer>;
  /** Creates a record, which must work. */
  make(user: string, entity_type: string, data: Arguments): Promise<Answer["data"]>;
  /** An organization with a project, a document, a requirement and a test. */
  tree(
    user: string,
  ): Promise<Record<"organization" | "project" | "document" | "requirement" | "test", Answer["data"]>>;
  /** The profile id of a user. */
  idOf(user: string): Promise<string>;
}

/** @param server the server of the running test file, which starts after this is called */
export function toolTests(server: () => TestServer): ToolTests {
  const call = (user: string, tool: string, args: Arguments) => server().call(user, tool, args);
  const entity = (user: string, args: Arguments) => call(user, "entity_tool", args);
  const make = async (user: string, entity_type: string, data: Arguments) => {
    const answer = await entity(user, { entity_type, operation: "create", data });
    expect(answer, JSON.stringify(answer)).toMatchObject({ success: true, operation: "create", entity_type });
    return answer.data;
  };
  return {
    call,
    entity,
    make,
    async tree(user) {
      const organization = await make(user, "organization", { name: `${user} works` });
      const project = await make(user, "project", { name: "Rocket", organization_id: organization.id });
      const document = await make(user, "document", { name: "Engine", project_id: project.id });
      const requirement = await make(user, "requirement", {
        name: "Ignites",
        document_id: document.id,
        priority: "high",
      });
      const test = await make(user, "test", { title: "Ignition", project_id: project.id });
      return { organization, project, document, requirement, test };
    },
    idOf: async (user) => (await call(user, "workspace_tool", { operation: "get_context" })).meta.user_id,
  };
}
