import type { ComponentChildren } from "preact";

/** What is wider than a narrow page, and scrolls by itself; by keys too. @param name What it is, for whoever hears it. */
export function Scroll({ name, children }: { name: string; children: ComponentChildren }) {
  return (
    // biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls has to be reached by keys
    <section class="scroll" tabIndex={0} aria-label={name}>
      {children}
    </section>
  );
}
