import type { McpGeneration } from "../settings.js";
import { type Reply, replyInWords } from "./reply.js";

/** MCP requests to one endpoint, in one protocol generation, after a handshake that worked. */
export interface Conversation {
  readonly generation: McpGeneration;
  /** The revision agreed on, e.g. "2025-11-25". */
  readonly protocol: string;
  /** Name and version by which the server introduced itself. */
  readonly server: string | undefined;
  request(method: string, params?: Record<string, unknown>): Promise<Reply>;
  /** Lets go of a session, if the server keeps one. */
  end(): Promise<void>;
}

/** A handshake that worked, or how it failed. */
export type Greeting =
  | { open: true; conversation: Conversation }
  | { open: false; saw: string /** Status of the answer that refused. */; status: number | null };

/** A handshake that failed, from the reply it failed at. */
export function notOpen(step: string, reply: Reply): Greeting {
  return {
    open: false,
    saw: `${step} ${replyInWords(reply)}`,
    status: reply.http.answered ? reply.http.status : null,
  };
}
