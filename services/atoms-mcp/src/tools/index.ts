import { entityTool } from "./entity.js";
import { queryTool } from "./query.js";
import { relationshipTool } from "./relationship.js";
import type { Tool } from "./tool.js";
import { workflowTool } from "./workflow.js";
import { workspaceTool } from "./workspace.js";

/** The tools, in the order they are listed. */
export const tools: readonly Tool[] = [workspaceTool, entityTool, relationshipTool, workflowTool, queryTool];
