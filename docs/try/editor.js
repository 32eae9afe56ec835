// A text area in which Python can be written: line numbers, Tab and Shift-Tab, indentation that goes on, and
// Ctrl-Enter. Escape lets Tab leave it. Changes are typed, not set, so that the browser's own Undo takes them back.

const STEP = 4;
const FEWEST = 8;
const MOST = 32;

export class Editor {
  constructor(area, numbers, { onrun, onchange }) {
    this.area = area;
    this.numbers = numbers;
    this.onchange = onchange;
    this.leaving = false;
    area.addEventListener("keydown", (event) => this.key(event, onrun));
    area.addEventListener("input", () => this.changed());
    area.addEventListener("scroll", () => (numbers.scrollTop = area.scrollTop));
    area.addEventListener("blur", () => (this.leaving = false));
  }

  get text() {
    return this.area.value;
  }

  // Show another text. What was there before cannot be had back with Undo.
  open(text) {
    this.area.value = text;
    this.area.setSelectionRange(0, 0);
    this.area.scrollTop = 0;
    this.number();
  }

  // Replace the text. Undo brings it back.
  replace(text) {
    this.area.focus();
    this.area.select();
    this.type(text);
    this.area.setSelectionRange(0, 0);
  }

  changed() {
    this.number();
    this.onchange(this.text);
  }

  number() {
    const lines = this.text.split("\n").length;
    this.area.rows = Math.min(MOST, Math.max(FEWEST, lines + 1));
    this.numbers.textContent = Array.from({ length: lines }, (_, k) => k + 1).join("\n");
    this.numbers.scrollTop = this.area.scrollTop;
  }

  type(text) {
    const typed = text === "" ? document.execCommand("delete") : document.execCommand("insertText", false, text);
    if (!typed) {
      this.area.setRangeText(text, this.area.selectionStart, this.area.selectionEnd, "end");
      this.changed();
    }
  }

  key(event, onrun) {
    if (event.key === "Enter" && (event.ctrlKey || event.metaKey)) {
      event.preventDefault();
      onrun();
    } else if (event.key === "Escape") this.leaving = true;
    else if (event.key === "Tab" && !this.leaving && !event.ctrlKey && !event.altKey && !event.metaKey) {
      event.preventDefault();
      this.indent(event.shiftKey);
    } else if (event.key === "Enter" && !event.isComposing) {
      event.preventDefault();
      this.newLine();
    } else if (event.key !== "Shift") this.leaving = false;
  }

  // The line in which the selection begins, up to the selection.
  before() {
    const { selectionStart: start } = this.area;
    return this.text.slice(this.text.lastIndexOf("\n", start - 1) + 1, start);
  }

  newLine() {
    const before = this.before();
    const deeper = /:\s*(#.*)?$/.test(before) ? STEP : 0;
    this.type("\n" + " ".repeat(before.match(/^ */)[0].length + deeper));
  }

  // Tab: spaces to the next stop, or all selected lines one step to the right. With Shift: to the left.
  indent(left) {
    const { selectionStart: start, selectionEnd: end } = this.area;
    if (!left && start === end) {
      this.type(" ".repeat(STEP - (this.before().length % STEP)));
      return;
    }
    const from = this.text.lastIndexOf("\n", start - 1) + 1;
    const past = this.text.indexOf("\n", end > start && this.text[end - 1] === "\n" ? end - 1 : end);
    const to = past < 0 ? this.text.length : past;
    const old = this.text.slice(from, to);
    const shift = (line) => (left ? line.replace(/^ {1,4}/, "") : line && " ".repeat(STEP) + line);
    const fresh = old.split("\n").map(shift).join("\n");
    if (fresh === old) return;
    this.area.setSelectionRange(from, to);
    this.type(fresh);
    if (start === end) {
      const at = Math.max(from, start + fresh.length - old.length);
      this.area.setSelectionRange(at, at);
    } else this.area.setSelectionRange(from, from + fresh.length);
  }
}
