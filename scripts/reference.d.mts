type Load = (file: string) => Promise<Record<string, unknown>>;
export function referencePages(load: Load): Promise<Record<string, string>>;
export function problemKinds(load: Load): Promise<{ kinds: { code: string }[]; twice: string[] }>;
export function sourcesThatDeclareProblems(): string[];
