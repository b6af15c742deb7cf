import type { Framework } from "@vercel/frameworks";

/** Further spellings of commands that the platform's list names in one way only. */
const ALSO = [
  "blitz dev",
  "craco start",
  "ember s",
  "ember server",
  "eleventy --serve",
  "eleventy --watch",
  "gatsby dev",
  "hugo server",
  "nest start",
  "ng dev",
  "ng s",
  "nuxi dev",
  "nuxt",
  "react-app-rewired start",
  "rsbuild dev",
  "start-storybook",
  "vite dev",
  "vite serve",
  "webpack serve",
  "webpack-dev-server",
];
const RUNNERS = /^(?:npx|bunx|pnpm|yarn|npm|bun|exec|dlx|run|x|--|cross-env|[A-Za-z_]\w*=\S*)$/;
const REFERENCES_MAX = 5;

/**
 * Whether a script starts a framework's development server, which has no place in production; also by another script
 * (`npm run dev`).
 * @param list the platform's list, which names the command of each framework
 */
export function isDevelopmentServer(
  script: string,
  scripts: Readonly<Record<string, string>>,
  list: readonly Framework[],
): boolean {
  // What the list has for Blitz is how it is started in production by now.
  const listed = list.filter((one) => one.slug !== "blitzjs");
  const commands = [...listed.map((one) => one.settings.devCommand.value ?? ""), ...ALSO]
    .map((text) => wordsOf(text.replace(/\s(?:--port|-p)\s\$PORT.*$|\s--fwd=.*$/, "")))
    .filter((words) => words.length > 0);
  const starts = (text: string, references: number): boolean =>
    text.split(/&&|\|\||[;|&\n]/).some((part) => {
      const words = wordsOf(part);
      const other = scripts[words[0] ?? ""];
      if (other !== undefined && other !== text && refersToScript(part) && references > 0)
        return starts(other, references - 1);
      return commands.some((command) => begins(words, command));
    });
  return starts(script, REFERENCES_MAX);
}

/** A command's words without what only runs it; its program without path and scope. */
function wordsOf(text: string): string[] {
  const words = text.trim().split(/\s+/).filter(Boolean);
  while (words.length > 0 && RUNNERS.test(words[0] ?? "")) words.shift();
  if (words[0] !== undefined) words[0] = words[0].split("/").at(-1) ?? "";
  return words;
}

function refersToScript(part: string): boolean {
  return /^\s*(?:npm\s+(?:run|run-script)|yarn(?:\s+run)?|pnpm(?:\s+run)?|bun\s+run)\s+/.test(part);
}

/** `vite` alone is a development server, `vite preview` is not: of one word, only options and files may follow. */
function begins(words: readonly string[], command: readonly string[]): boolean {
  if (!command.every((word, i) => words[i] === word)) return false;
  const next = words[command.length];
  return command.length > 1 || next === undefined || /^-|[./]/.test(next);
}
