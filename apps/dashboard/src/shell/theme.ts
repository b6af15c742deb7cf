/** Colours: as the system has them, or as somebody chose. */
export const themes = ["system", "light", "dark"] as const;
export type Theme = (typeof themes)[number];

const kept = "atoms.theme";

/** The theme that was chosen in this browser. */
export function themeKept(): Theme {
  const word = localStorage.getItem(kept);
  return themes.find((theme) => theme === word) ?? "system";
}

/** Shows a theme and keeps the choice. */
export function showTheme(theme: Theme): void {
  if (theme === "system") {
    delete document.documentElement.dataset["theme"];
    localStorage.removeItem(kept);
  } else {
    document.documentElement.dataset["theme"] = theme;
    localStorage.setItem(kept, theme);
  }
  dispatchEvent(new Event("atoms-theme"));
}
