export { readBlob } from "./blobs.js";
export { type CommandOptions, runCommand } from "./command.js";
export { type Git, openGit, type Pushed } from "./git.js";
export { type ReleaseRecord, writeRecord } from "./record.js";
export { loadSnapshot, pruneSnapshots, saveSnapshot } from "./snapshots.js";
export { type SnapshotOptions, takeSnapshot } from "./source.js";
export { openWorkspace } from "./workspace.js";
export { writeAtomically } from "./write-atomically.js";
