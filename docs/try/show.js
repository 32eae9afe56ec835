// What the page shows: texts of the course, verdicts, prints, films and files.

export function element(name, properties = {}, ...inside) {
  const made = Object.assign(document.createElement(name), properties);
  made.append(...inside);
  return made;
}

// Words with `code` in them.
function words(text) {
  return text.split(/`([^`]+)`/).map((part, k) => (k % 2 ? element("code", { textContent: part }) : part));
}

// Code, without the indentation that all of its lines share.
function code(text) {
  const lines = text.split("\n");
  const depth = Math.min(...lines.filter((line) => line.trim()).map((line) => line.search(/\S/)));
  return element("pre", { textContent: lines.map((line) => line.slice(depth)).join("\n"), tabIndex: 0 });
}

// A paragraph that stays as it is: code, a table or a list. (A minus may begin a line of a sentence.)
export const isAsTyped = (part) => part.startsWith("- ") || /^[ |]/m.test(part);

// A text of the course.
export function prose(text) {
  return text
    .split(/\n\n+/)
    .filter((part) => part.trim())
    .map((part) =>
      isAsTyped(part)
        ? code(part)
        : element("p", {}, ...words(part.replace(/\n/g, " "))),
    );
}

// The pictures of an exercise, which come with the page: HTML, as in a notebook.
export function picture(html) {
  return document.createRange().createContextualFragment(html);
}

// SVG that comes from a program: as an image it can run nothing.
function image(svg) {
  const root = new DOMParser().parseFromString(svg, "image/svg+xml").documentElement;
  const alt = root.getAttribute("aria-label") ?? "";
  return element("img", { alt, src: `data:image/svg+xml,${encodeURIComponent(svg)}` });
}

// A page made by microgd, in a frame that may run its script and nothing else.
export function film(html) {
  return element("iframe", { title: "A film: backpropagation, step by step", sandbox: "allow-scripts", srcdoc: html });
}

export function download(name, content) {
  const address = URL.createObjectURL(new Blob([content]));
  element("a", { href: address, download: name }).click();
  setTimeout(() => URL.revokeObjectURL(address), 10000);
}

export class Output {
  constructor(place) {
    this.place = place;
    this.prints = null;
    this.waiting = null;
  }

  clear() {
    this.place.replaceChildren();
    this.prints = null;
  }

  add(...things) {
    this.prints = null;
    this.place.append(...things);
  }

  print(text) {
    this.settle();
    if (!this.prints) {
      const prints = element("pre");
      this.add(prints);
      this.prints = prints;
    }
    this.prints.append(text);
  }

  note(text) {
    this.add(element("p", { className: "note", textContent: text }));
  }

  // A note that goes when there is something to show.
  wait(text) {
    this.waiting = element("p", { className: "note", textContent: text });
    this.add(this.waiting);
  }

  settle() {
    this.waiting?.remove();
  }

  verdict({ ok, exercise, said, beside, pictures, printed }) {
    const head = element("h3", { textContent: ok ? `✓ ${exercise} is right` : `✗ ${exercise} is not right yet` });
    const parts = [head, ...said.flatMap(prose)];
    if (beside) parts.push(element("pre", { textContent: beside, tabIndex: 0 }));
    parts.push(...pictures.map(image));
    if (printed) parts.push(element("p", { textContent: "What your code printed:" }), element("pre", { textContent: printed }));
    this.add(element("div", { className: ok ? "verdict ok" : "verdict" }, ...parts));
  }

  // What session.run returned.
  show(things) {
    for (const thing of things) {
      if (thing.note) this.note(thing.note);
      if (thing.film) {
        if (thing.name) this.note(`${thing.name}:`);
        this.add(film(thing.film));
      }
      if (thing.file) {
        const content = Uint8Array.from(atob(thing.data), (letter) => letter.charCodeAt(0));
        const button = element("button", { type: "button", textContent: `Save ${thing.file}` });
        button.addEventListener("click", () => download(thing.file, content));
        this.add(element("p", {}, button));
      }
    }
  }
}
