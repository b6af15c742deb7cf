import xterm from "@xterm/headless";
import { describe, expect, it } from "vitest";
import { openBlock } from "./block.js";

/** A real terminal without a screen: it wraps, scrolls, and breaks lines anew when it is made narrower, as terminals do. */
function terminal(columns: number, rows: number) {
  const term = new xterm.Terminal({ cols: columns, rows, scrollback: 500, allowProposedApi: true });
  let pending = Promise.resolve();
  const write = (text: string) => {
    pending = pending.then(() => new Promise<void>((done) => term.write(text, done)));
  };
  const lines = () =>
    Array.from({ length: term.buffer.active.length }, (_, i) =>
      (term.buffer.active.getLine(i)?.translateToString(true) ?? "").trimEnd(),
    );
  return {
    write,
    get columns() {
      return term.cols;
    },
    get rows() {
      return term.rows;
    },
    async resize(to: { columns: number; rows: number }) {
      await pending;
      term.resize(to.columns, to.rows);
    },
    /** Everything that was ever shown, without empty lines at the end. */
    async text() {
      await pending;
      return lines().join("\n").trimEnd();
    },
    /** The part of it that is on the screen. */
    async screen() {
      await pending;
      return lines().slice(term.buffer.active.baseY).join("\n").trimEnd();
    },
  };
}

const numbered = (many: number, said = "line") =>
  Array.from({ length: many }, (_, i) => `${said} ${i + 1}`).join("\n");

describe("a text that is drawn again in place", () => {
  it("leaves what stands above it, and nothing of what was drawn before", async () => {
    const screen = terminal(60, 12);
    screen.write("$ atoms deploy\r\n");
    const block = openBlock(screen);
    block.draw(numbered(5, "first"));
    block.draw(numbered(3, "second"));
    block.draw(`second 1\nchanged\nsecond 3`);
    expect(await screen.text()).toBe("$ atoms deploy\nsecond 1\nchanged\nsecond 3");
    block.draw(numbered(7, "third"));
    block.done();
    screen.write("$ ");
    expect(await screen.text()).toBe(`$ atoms deploy\n${numbered(7, "third")}\n$`);
  });

  it("writes nothing when nothing has changed, and only the line that has", () => {
    const written: string[] = [];
    const block = openBlock({ write: (text) => written.push(text), columns: 40, rows: 10 });
    block.draw("a\nb\nc");
    block.draw("a\nb\nc");
    expect(written).toHaveLength(1);
    block.draw("a\nB\nc");
    expect(written[1]).toContain("B");
    expect(written[1]).not.toMatch(/[ac]/);
  });

  it.each([
    ["narrower", { columns: 25, rows: 20 }],
    ["much narrower", { columns: 8, rows: 20 }],
    ["wider", { columns: 90, rows: 20 }],
    ["lower", { columns: 60, rows: 6 }],
    ["higher", { columns: 60, rows: 40 }],
    ["narrower and lower", { columns: 20, rows: 6 }],
  ])("leaves no rest on the screen when the terminal was made %s", async (_, size) => {
    const screen = terminal(60, 20);
    screen.write("$ atoms deploy\r\n");
    const block = openBlock(screen);
    const long = (n: number) => `old ${n} ${"x".repeat(40)}`;
    block.draw([1, 2, 3, 4].map(long).join("\n"));
    await screen.resize(size);
    block.draw("new 1\nnew 2\nnew 3");
    const shown = await screen.screen();
    expect(shown.endsWith("new 1\nnew 2\nnew 3")).toBe(true);
    expect(shown).not.toContain("old");
    expect(shown.match(/new 1/g)).toHaveLength(1);
  });

  it("is never higher than the terminal, and says how much of it is not shown", async () => {
    const screen = terminal(40, 6);
    const block = openBlock(screen);
    for (let i = 0; i < 5; i++) block.draw(`${numbered(30)}\n${i}`);
    expect(await screen.text()).toBe("… 27 lines above\nline 28\nline 29\nline 30\n4");
  });

  it("cuts lines to the terminal, wide letters and styles counted as they are shown", async () => {
    const screen = terminal(12, 6);
    const block = openBlock(screen);
    block.draw(`${"a".repeat(30)}\n\u001b[31m${"b".repeat(30)}\u001b[39m\n${"漢".repeat(10)}\nshort`);
    expect((await screen.text()).split("\n")).toEqual(["aaaaaaaaaa…", "bbbbbbbbbb…", "漢漢漢漢漢…", "short"]);
  });

  it("lets nothing through that would move the cursor", async () => {
    const screen = terminal(40, 6);
    const block = openBlock(screen);
    block.draw("a\u001b[2Jb\u001b[10Ac\rd\te\u0007f\nnext");
    block.draw("a\u001b[2Jb\u001b[10Ac\rd\te\u0007f\nlast");
    expect(await screen.text()).toBe("abc d e f\nlast");
  });

  it("makes room for a note above it", async () => {
    const screen = terminal(40, 10);
    const block = openBlock(screen);
    block.draw("one\ntwo");
    block.clear();
    screen.write("a note\r\n");
    block.draw("one\nthree");
    expect(await screen.text()).toBe("a note\none\nthree");
  });
});
