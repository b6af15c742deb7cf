import { spawn } from "node:child_process";

/** How long a program may take to say that it cannot, in milliseconds; one that is still running then has opened it. */
const patienceMs = 1_500;

/**
 * Opens an address in the browser of whoever sits here.
 * @returns Whether that seems to have worked; false where there is no screen or no program for it.
 */
export async function openInBrowser(
  url: string,
  env: Readonly<Record<string, string | undefined>>,
  platform: NodeJS.Platform = process.platform,
): Promise<boolean> {
  const screen = env["DISPLAY"] ?? env["WAYLAND_DISPLAY"];
  if (platform !== "darwin" && (screen === undefined || screen === "")) return false;
  return new Promise((resolve) => {
    const child = spawn(platform === "darwin" ? "open" : "xdg-open", [url], {
      detached: true,
      stdio: "ignore",
    });
    const late = setTimeout(() => resolve(true), patienceMs);
    const ends = (opened: boolean) => {
      clearTimeout(late);
      resolve(opened);
    };
    child.once("error", () => ends(false));
    child.once("exit", (code) => ends(code === 0));
    child.unref();
  });
}
