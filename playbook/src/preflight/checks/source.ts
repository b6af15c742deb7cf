import { defineLook } from "../check.js";
import { largeSourceBytes, maxSourceBytes, maxSourceFiles, type SourceState } from "../model.js";
import { areIs, counted, listed, megabytes } from "../words.js";

const leaveOut = "List what need not be shipped in .vercelignore";

/** There must be something to ship, and not more than any platform takes. */
export const source = defineLook<SourceState>({
  name: "source",
  title: "The source can be shipped",
  wanted: (settings) => settings.source,
  measure: ({ ports, signal }) => ports.workspace.source(signal),
  judge: (state) => {
    if (state.kind === "unreadable") return { outcome: "fail", saw: state.because, fix: state.fix };
    const { files, bytes, envFiles } = state;
    const size = `${counted(files, "file")}, ${megabytes(bytes)}`;
    const evidence = { files, bytes, envFiles: envFiles.length };
    if (files === 0)
      return {
        outcome: "fail",
        saw: "No file is left to ship once the ignored ones are taken out.",
        fix: "Check that the source folder is the right one, and what .vercelignore or .gitignore leaves out.",
        evidence,
      };
    if (files > maxSourceFiles || bytes > maxSourceBytes)
      return {
        outcome: "fail",
        saw: `${size}: more than the ${maxSourceFiles} files or ${megabytes(maxSourceBytes)} that can be shipped.`,
        fix: `${leaveOut}; usually it is data, build output or a dependency folder.`,
        evidence,
      };
    if (envFiles.length > 0)
      return {
        outcome: "warn",
        saw: `${listed(envFiles)} ${areIs(envFiles.length)} shipped with the source (${size}), secrets and all.`,
        fix: `${leaveOut}, and set the variables on the platform instead.`,
        evidence,
      };
    if (bytes > largeSourceBytes)
      return {
        outcome: "warn",
        saw: `${size}: the smallest Vercel plan refuses more than ${megabytes(largeSourceBytes)}.`,
        fix: `${leaveOut}.`,
        evidence,
      };
    return { outcome: "pass", saw: `${size}.`, evidence };
  },
});
