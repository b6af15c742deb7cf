import { useEffect } from "preact/hooks";

/** Whether somebody types text, so that a key is a letter and no command. */
const typing = (event: KeyboardEvent) =>
  event.target instanceof HTMLElement && event.target.closest("input, textarea, select, dialog") !== null;

/** How long after `g` the next key may come, in milliseconds. */
const patienceMs = 1_500;

/**
 * Keys that go somewhere: `g` and then a page's key, `?` for help, `/` for the page's search.
 * @param go Told the second key of a pair. @param help Opens the list of keys.
 */
export function useKeyboard(go: (key: string) => void, help: () => void): void {
  useEffect(() => {
    let since = Number.NEGATIVE_INFINITY;
    const pressed = (event: KeyboardEvent) => {
      if (event.ctrlKey || event.metaKey || event.altKey || typing(event)) return;
      if (performance.now() - since < patienceMs) {
        since = Number.NEGATIVE_INFINITY;
        go(event.key);
      } else if (event.key === "g") since = performance.now();
      else if (event.key === "?") help();
      else if (event.key === "/") {
        const search = document.querySelector<HTMLInputElement>("input[type=search]");
        if (search === null) return;
        event.preventDefault();
        search.focus();
      }
    };
    addEventListener("keydown", pressed);
    return () => removeEventListener("keydown", pressed);
  });
}
