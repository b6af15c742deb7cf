/** A playbook that ships the Atoms MCP Server to the local cloud; see the file beside. */
export function atomsMcpPlaybook(of: { maintenance: string; database?: string }): string;
