export type Snapshot = Record<string, unknown>;
export async function takeSnapshot(_h: unknown): Promise<Snapshot> { return {}; }
