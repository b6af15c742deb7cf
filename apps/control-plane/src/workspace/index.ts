export { readBlob } from "./blobs.js";
export { runCommand } from "./command.js";
export { type Git, gitEnvironment, openGit } from "./git.js";
export { runInGroup } from "./process-group.js";
export { writeRecord } from "./record.js";
export { loadSnapshot, pruneSnapshots, saveSnapshot } from "./snapshots.js";
export { takeSnapshot } from "./source.js";
export { walkSource } from "./walk-source.js";
export { openWorkspace } from "./workspace.js";
