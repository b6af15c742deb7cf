import type { Tool } from "./tool.js";
import { workspaceTool } from "./workspace.js";

/** The tools, in the order they are listed. */
export const tools: readonly Tool[] = [workspaceTool];
