// The player shows a film that was made elsewhere: which frame a box or an edge appears in is data.
// State is one number, the frame; `show` makes the page what that frame says, whatever it was before.
// What this file returns is for the files after it. They add to the page before it starts, and they may
// change the numbers of `film` and of `data`, and call `refresh`.
"use strict";

const player = (function () {
  const byId = (id) => document.getElementById(id);
  const stage = byId("stage");

  // The picture, the film and the other scripts are packed: see pack.py.
  function unpacked(text) {
    const digits = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz!#$%()*+,-./:;=?@[]^_{|}";
    const from = Array.from(text);
    const out = [];
    for (let i = 0; i < from.length; ) {
      const places = "~`".indexOf(from[i]) + 2;
      const plain = from[i++];
      if (places === 1) {
        out.push("<>&~`\n"["\ue100\ue101\ue102\ue103\ue104\ue105".indexOf(plain)] || plain);
        continue;
      }
      let back = 0;
      for (let k = 0; k < places; k++) back = back * digits.length + digits.indexOf(from[i++]);
      for (let n = digits.indexOf(from[i++]) + 6; n; n--) out.push(out[out.length - back]);
    }
    return out.join("");
  }

  const [picture, story, rest] = unpacked(byId("film").textContent).split("\ue106");
  stage.innerHTML = picture;
  const film = JSON.parse(story);
  film.frames = film.frames.map(([backward, box, said, lines]) => ({ backward, box, said, lines }));
  const svg = stage.querySelector("svg");
  const boxes = Array.from(svg.querySelectorAll(".box"));
  const ways = Array.from(svg.querySelectorAll(".way"));
  const tips = Array.from(svg.querySelectorAll(".tip"));
  const marks = svg.querySelector(".marks");
  const said = byId("said");
  const slider = byId("slider");
  const last = film.frames.length - 1;
  const lossFrame = film.frames.findIndex((frame) => frame.backward);
  const calm = window.matchMedia("(prefers-reduced-motion: reduce)");
  const SVG = "http://www.w3.org/2000/svg";
  const labels = boxes.map((box) => box.getAttribute("aria-label"));
  const values = boxes.map((box) => box.querySelector(".data"));
  const data = values.map((value) => value.textContent);
  const listeners = []; // called after each `show`
  let gate = (frame) => frame; // the frame to show in place of the one that is wanted
  let now = 0;
  let timer = 0;
  const beside = window.matchMedia("(width >= 1100px)"); // the explanation stands beside the graph

  // Four significant digits, as everywhere in microgd. nan and inf travel as text.
  function number(x, most = 4) {
    if (!Number.isFinite(x)) return String(x).toLowerCase().replace("inity", "");
    if (x === 0) return "0";
    let [digits, exponent] = x.toExponential(most - 1).split("e");
    const even = new RegExp(`^(-?\\d\\.\\d{${most - 2}}[02468])50*e`); // half-way, to the even digit
    const half = even.exec(x.toExponential(60));
    if (half) digits = half[1];
    if (exponent >= -4 && exponent < most) return String(Number(digits + "e" + exponent));
    return digits.replace(/\.?0+$/, "") + "e" + Number(exponent);
  }

  function signed(x) {
    return (Number.isFinite(x) && x > 0 ? "+" : "") + number(x);
  }

  function tone(x) {
    if (!Number.isFinite(x)) return "broken";
    return x > 0 ? "plus" : x < 0 ? "minus" : "";
  }

  function dress(element, name, wanted) {
    element.classList.toggle(name, wanted);
  }

  function paint(element, x, shown) {
    const wanted = shown ? tone(x) : "";
    for (const name of ["plus", "minus", "broken"]) dress(element, name, name === wanted);
  }

  // The gradient a box shows at a frame: the last that it was handed until then.
  function gradient(index, frame) {
    let found = null;
    for (const [at, x] of film.grads[index]) {
      if (at > frame) break;
      found = x;
    }
    return found;
  }

  function add(parent, tag, text, name) {
    const element = document.createElement(tag);
    element.textContent = text;
    if (name) element.className = name;
    parent.append(element);
    return element;
  }

  function say(frame, place) {
    place.textContent = "";
    const sentence = add(place, "p", "");
    add(sentence, "strong", frame.backward ? "Backward: " : "Forward: ");
    sentence.append(frame.said);
    if (!frame.lines.length) return;
    const table = add(place, "table", "");
    frame.lines.forEach(([what, formula, value, note, way, reason], i) => {
      const row = add(table, "tr", "");
      const head = add(row, "th", "");
      head.scope = "row";
      if (way >= 0 && frame.backward) add(head, "b", String(i + 1), "number");
      head.append(what);
      if (formula === "") return;
      add(row, "td", "= " + formula);
      const result = add(row, "td", "= ");
      add(
        result,
        "span",
        frame.backward ? signed(value) : number(value),
        frame.backward ? tone(value) : "",
      );
      add(row, "td", note, "note");
      if (reason) add(row, "td", reason, "reason");
    });
  }

  // The numbers of the sentence's lines, on the edges they speak of.
  function mark(frame) {
    marks.textContent = "";
    if (!frame.backward) return;
    frame.lines.forEach(([, , , , way], i) => {
      if (way < 0) return;
      const path = ways[way];
      const along = i % 2 ? 0.65 : 0.35; // beside each other where two edges run in parallel
      const middle = path.getPointAtLength(path.getTotalLength() * along);
      const group = document.createElementNS(SVG, "g");
      group.setAttribute("class", "mark");
      group.setAttribute("transform", `translate(${middle.x} ${middle.y})`);
      const circle = document.createElementNS(SVG, "circle");
      circle.setAttribute("r", "8");
      const text = document.createElementNS(SVG, "text");
      text.setAttribute("y", "3.5");
      text.textContent = String(i + 1);
      group.append(circle, text);
      marks.append(group);
    });
  }

  // `again`: the same frame with other numbers.
  function show(wanted, again) {
    now = gate(Math.max(0, Math.min(last, wanted)));
    const frame = film.frames[now];
    const told = new Set(frame.lines.map((line) => line[4]).filter((way) => way >= 0));
    const tails = new Set(frame.backward ? Array.from(told, (way) => film.ways[way][0]) : []);
    boxes.forEach((box, i) => {
      const grad = gradient(i, now);
      const text = box.lastElementChild;
      const words = grad === null ? "" : "∇ " + number(grad);
      if (text.textContent !== words) text.textContent = words;
      if (values[i].textContent !== data[i]) values[i].textContent = data[i];
      const known = film.born[i] <= now && data[i] ? " = " + data[i] : "";
      const label =
        labels[i] + known + (grad === null ? "" : "; gradient so far " + number(grad));
      if (box.getAttribute("aria-label") !== label) box.setAttribute("aria-label", label);
      paint(text, grad, grad !== null);
      dress(box, "unborn", film.born[i] > now);
      dress(box, "active", i === frame.box);
      dress(box, "told", tails.has(i));
    });
    ways.forEach((way, i) => {
      const [, head, at, flow] = film.ways[i];
      const reached = at > 0 && at <= now;
      const lit = frame.backward ? at === now : head === frame.box;
      paint(way, flow, reached);
      paint(tips[i], flow, reached);
      dress(way, "lit", lit);
    });
    say(frame, said);
    mark(frame);
    slider.value = String(now);
    slider.setAttribute(
      "aria-valuetext",
      `${frame.backward ? "backward" : "forward"}, ${now} of ${last}`,
    );
    byId("where").textContent = `${frame.backward ? "backward" : "forward"} ${now} / ${last}`;
    for (const listener of listeners) listener(frame);
    if (again) return;
    try {
      history.replaceState(null, "", "#step=" + now);
    } catch {
      // a page without an address of its own, as in a notebook
    }
    if (frame.box >= 0) reveal(boxes[frame.box]);
    said.scrollTop = 0;
    letScroll();
  }

  // The keyboard can scroll the explanation where it is longer than its place.
  function letScroll() {
    said.tabIndex = said.scrollHeight > said.clientHeight ? 0 : -1;
  }
  new ResizeObserver(letScroll).observe(said);

  // Bring a box into view, if it is not, without moving anything but the stage.
  function reveal(box) {
    const a = box.getBoundingClientRect();
    const b = stage.getBoundingClientRect();
    const away = (low, high, from, to) =>
      low < from ? low - from - 40 : high > to ? high - to + 40 : 0;
    const left = away(a.left, a.right, b.left, b.right);
    const top = away(a.top, a.bottom, b.top, b.bottom);
    if (left || top) stage.scrollBy({ left, top, behavior: calm.matches ? "auto" : "smooth" });
  }

  function pause() {
    clearInterval(timer);
    timer = 0;
    byId("play").textContent = "Play";
    byId("play").setAttribute("aria-pressed", "false");
  }

  function play() {
    if (timer) return pause();
    if (now === last) show(0);
    byId("play").textContent = "Pause";
    byId("play").setAttribute("aria-pressed", "true");
    timer = setInterval(() => {
      show(now + 1);
      if (now === last) pause();
    }, 1200);
  }

  function go(frame) {
    pause();
    show(frame);
  }

  // --- zoom ---

  const [, , width, height] = svg.getAttribute("viewBox").split(" ").map(Number);
  let zoom = 1;

  function setZoom(wanted) {
    zoom = Math.max(0.2, Math.min(4, wanted));
    svg.setAttribute("width", String(Math.round(width * zoom)));
    svg.setAttribute("height", String(Math.round(height * zoom)));
  }

  // The scale at which the whole graph is in view. At the start it is one at which words can be read.
  let fitted = true;

  function fit(least) {
    fitted = true;
    const scale = Math.min(stage.clientWidth / width, stage.clientHeight / height);
    setZoom(Math.max(least, Math.min(1.8, scale)));
  }

  function zoomBy(factor) {
    fitted = false;
    setZoom(zoom * factor);
  }

  // Space for the longest explanation, so that nothing moves from frame to frame.
  const long = (frame) => frame.lines.reduce((n, line) => n + 60 + line.join().length, frame.said.length);
  const longest = [...film.frames].sort((a, b) => long(b) - long(a)).slice(0, 40);

  function keepSpace() {
    const where = byId("where");
    const shown = where.textContent;
    where.textContent = `backward ${last} / ${last}`;
    where.style.minWidth = "0";
    where.style.minWidth = Math.ceil(where.getBoundingClientRect().width) + "px";
    where.textContent = shown;
    const probe = add(said.parentElement, "div", "", "said probe");
    probe.style.width = said.offsetWidth + "px";
    let most = 0;
    for (const frame of longest) {
      say(frame, probe);
      most = Math.max(most, Math.ceil(probe.getBoundingClientRect().height));
    }
    probe.remove();
    said.style.height = most + "px";
  }

  function arrange() {
    keepSpace();
    if (fitted) fit(beside.matches ? 0.45 : 0.6);
  }
  window.addEventListener("resize", arrange);

  // --- the paths from a box to the loss ---

  const onwards = boxes.map(() => []);
  film.ways.forEach(([tail, head], i) => onwards[tail].push([head, i]));

  function paths(start) {
    const near = new Set([start]);
    const along = new Set();
    const stack = [start];
    while (stack.length) {
      for (const [head, way] of onwards[stack.pop()]) {
        along.add(way);
        if (!near.has(head)) {
          near.add(head);
          stack.push(head);
        }
      }
    }
    boxes.forEach((box, i) => dress(box, "near", near.has(i)));
    ways.forEach((way, i) => {
      dress(way, "near", along.has(i));
      dress(tips[i], "near", along.has(i));
    });
    svg.classList.add("aside");
  }

  // The boxes are one stop of the tab key. From there the arrows up and down go to the others.
  function walk(index) {
    const to = boxes[Math.max(0, Math.min(boxes.length - 1, index))];
    for (const box of boxes) box.setAttribute("tabindex", box === to ? "0" : "-1");
    return to;
  }

  boxes.forEach((box, i) => {
    box.addEventListener("focus", () => walk(i));
    box.addEventListener("keydown", (event) => {
      const step = { ArrowUp: -1, ArrowDown: 1 }[event.key];
      if (!step) return;
      event.preventDefault();
      walk(i + step).focus();
    });
    box.addEventListener("pointerenter", () => paths(i));
    box.addEventListener("focus", () => box.matches(":focus-visible") && paths(i));
    for (const leave of ["pointerleave", "blur"]) {
      box.addEventListener(leave, () => svg.classList.remove("aside"));
    }
  });

  // --- buttons and keys ---

  const actions = {
    first: () => go(0),
    back: () => go(now - 1),
    play,
    next: () => go(now + 1),
    loss: () => go(lossFrame),
    last: () => go(last),
    smaller: () => zoomBy(1 / 1.2),
    fit: () => fit(0.2),
    larger: () => zoomBy(1.2),
  };
  for (const [id, act] of Object.entries(actions)) byId(id).addEventListener("click", act);
  slider.max = String(last);
  slider.addEventListener("input", () => go(Number(slider.value)));

  const keys = {
    ArrowLeft: "back",
    ArrowRight: "next",
    Home: "first",
    End: "last",
    " ": "play",
    l: "loss",
    L: "loss",
    f: "fit",
    F: "fit",
    "+": "larger",
    "=": "larger",
    "-": "smaller",
  };
  document.addEventListener("keydown", (event) => {
    const action = keys[event.key];
    if (!action || event.ctrlKey || event.metaKey || event.altKey) return;
    const own = event.target.tagName;
    if (own === "BUTTON" && event.key === " ") return; // it presses the button
    if (own === "INPUT" && (event.key.length > 1 || event.target.type === "text")) return; // its own
    event.preventDefault();
    actions[action]();
  });

  function fromAddress() {
    const found = /step=(\d+)/.exec(location.hash);
    if (found && Number(found[1]) !== now) go(Number(found[1]));
  }
  window.addEventListener("hashchange", fromAddress);

  document.addEventListener("DOMContentLoaded", () => {
    arrange();
    const start = /step=(\d+)/.exec(location.hash);
    show(start ? Number(start[1]) : 0);
  });

  return {
    film,
    data,
    boxes,
    ways,
    svg,
    stage,
    last,
    calm,
    listeners,
    keys,
    actions,
    add,
    arrange,
    byId,
    dress,
    go,
    gradient,
    number,
    paint,
    pause,
    rest,
    say,
    show,
    signed,
    tone,
    get frame() {
      return now;
    },
    set gate(wanted) {
      gate = wanted;
    },
    refresh: () => show(now, true),
  };
})();

// The files after this one run from here. The page's policy knows them by their hash.
{
  const script = document.createElement("script");
  script.textContent = player.rest;
  document.head.append(script);
  script.remove();
}
