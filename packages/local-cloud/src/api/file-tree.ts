import type { FileEntry } from "../model.js";

const TYPE_MASK = 0o170000;
const SYMLINK = 0o120000;
const FOLDER = 0o040755;

/** A file or folder of a deployment, as `GET /deployments/{id}/files` shows it; `uid` is a file's SHA-1. */
export interface FileNode {
  readonly name: string;
  readonly type: "directory" | "file" | "symlink";
  readonly mode: number;
  readonly uid?: string;
  readonly children?: FileNode[];
}

/** Makes a tree of a flat list of paths. Folders come where their first file does. */
export function fileTree(files: readonly FileEntry[]): FileNode[] {
  const root: FileNode[] = [];
  const folders = new Map<string, FileNode[]>([["", root]]);
  const folderAt = (path: string): FileNode[] => {
    const known = folders.get(path);
    if (known) return known;
    const cut = path.lastIndexOf("/");
    const children: FileNode[] = [];
    folders.set(path, children);
    folderAt(path.slice(0, Math.max(0, cut))).push({
      name: path.slice(cut + 1),
      type: "directory",
      mode: FOLDER,
      children,
    });
    return children;
  };
  for (const { file, sha, mode } of files) {
    const cut = file.lastIndexOf("/");
    folderAt(file.slice(0, Math.max(0, cut))).push({
      name: file.slice(cut + 1),
      type: (mode & TYPE_MASK) === SYMLINK ? "symlink" : "file",
      mode,
      uid: sha,
    });
  }
  return root;
}
