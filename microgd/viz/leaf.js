// A leaf is dragged, moved by keys, or typed; and the loss along it is drawn, with the point and its tangent.
if (live) {
  (function () {
    const { add, boxes, byId, number, tone } = player;
    const plot = byId("plot");
    const typed = byId("typed");
    const list = byId("chosen");
    const { hidden, drag, values } = live;
    const panel = list.closest("section");
    let chosen = -1;
    let low = 0;
    let high = 0;

    // --- which leaf ---

    // By leaf: its name, and its box, if it has one of its own.
    const leaves = new Map();
    drag.forEach((n, i) => n >= 0 && leaves.set(n, [boxes[i].querySelector(".name").textContent, boxes[i]]));
    for (const [n, text] of hidden) leaves.set(n, [text]);
    const seen = {};
    for (const [n, known] of leaves) {
      const text = known[0];
      seen[text] = (seen[text] || 0) + 1;
      if (seen[text] > 1) known[0] += ` (sample ${seen[text]})`; // of a batch
      add(list, "option", known[0]).value = n;
    }
    if (!leaves.size) return;
    const name = (leaf) => leaves.get(leaf)[0];
    const partial = (text) => "dL/d" + (/^[\p{L}_][\p{L}\p{N}_.]*$/u.test(text) ? text : `(${text})`);

    function choose(leaf) {
      if (chosen !== leaf) low = high = 0;
      chosen = leaf;
      panel.classList.add("chosen");
      for (const [n, [, box]] of leaves) if (box) player.dress(box, "chosen", n === leaf);
      list.value = leaf;
      draw();
    }
    list.addEventListener("change", () => choose(Number(list.value)));

    // What a key changes: a tenth of the first digit's place.
    const unit = (x) => 10 ** Math.floor(Math.log10(Math.max(Math.abs(x), 0.1))) / 10;
    const tidy = (x, grid) => Number((Math.round(x / grid) * grid).toPrecision(12));

    function set(x) {
      values[chosen] = x;
      player.svg.classList.remove("aside"); // all boxes are in sight while they change
      live.refresh();
    }

    function change(x) {
      if (Object.is(x, values[chosen])) return;
      live.keep();
      set(x);
    }

    for (const [leaf, [, box]] of leaves) {
      if (!box) continue;
      box.classList.add("leaf");
      box.setAttribute("role", "slider");
      box.addEventListener("keydown", (event) => {
        if (event.ctrlKey || event.metaKey || event.altKey) return;
        const way = { ArrowLeft: -1, ArrowRight: 1 }[event.key];
        if (way) {
          const x = values[leaf];
          const size = unit(x) * (event.shiftKey ? 10 : 1);
          choose(leaf);
          change(Number((x + way * size).toPrecision(12)));
        } else if (event.key === "Enter") {
          choose(leaf);
          typed.focus();
          typed.select();
        } else return;
        event.preventDefault();
        event.stopPropagation();
      });
      box.addEventListener("focus", () => box.matches(":focus-visible") && choose(leaf));
      box.addEventListener("pointerdown", (event) => {
        if (event.button) return;
        player.pause();
        choose(leaf);
        box.focus({ preventScroll: true });
        box.setPointerCapture(event.pointerId);
        const from = event.clientX;
        const x = values[leaf];
        const grid = unit(x) / 4;
        let kept = false;
        const move = (now) => {
          const far = now.clientX - from;
          if (!kept && Math.abs(far) < 3) return;
          if (!kept) live.keep();
          kept = true;
          byId("said").setAttribute("aria-busy", "true");
          set(tidy(x + far * grid, grid));
        };
        const end = () => {
          byId("said").removeAttribute("aria-busy");
          box.removeEventListener("pointermove", move);
        };
        box.addEventListener("pointermove", move);
        for (const done of ["pointerup", "pointercancel"]) box.addEventListener(done, end, { once: true });
        event.preventDefault();
      });
    }

    typed.addEventListener("change", () => {
      const text = typed.value.trim().replace("−", "-");
      const x = /^[-+]?(nan|inf)$/.test(text) ? live.real(text.replace("+", "")) : Number(text || NaN);
      if (Number.isNaN(x) && !text.endsWith("nan")) typed.setAttribute("aria-invalid", "true");
      else change(x);
    });
    typed.addEventListener("input", () => typed.removeAttribute("aria-invalid"));

    // --- the loss along it ---

    const WIDTH = 360, HEIGHT = 136, LEFT = 68, RIGHT = 10, TOP = 12, BOTTOM = 24;

    function shape(tag, attributes, text) {
      const made = document.createElementNS("http://www.w3.org/2000/svg", tag);
      for (const [key, x] of Object.entries(attributes)) made.setAttribute(key, x);
      if (text !== undefined) made.textContent = text;
      plot.append(made);
      return made;
    }

    // From the numbers of the loss: the range that shows most of them, and the point.
    function range(ys, y) {
      const known = ys.filter(Number.isFinite).sort((a, b) => a - b);
      if (!known.length) return [-1, 1];
      const at = (part) => known[Math.round(part * (known.length - 1))];
      let from = at(0.02);
      let to = at(0.98);
      if (Number.isFinite(y)) [from, to] = [Math.min(from, y), Math.max(to, y)];
      const more = (to - from) * 0.08 || Math.abs(to) * 0.1 || 1;
      return [from - more, to + more];
    }

    function draw() {
      const x = values[chosen];
      typed.value = Number.isFinite(x) ? Number(x.toPrecision(6)) : number(x);
      if (!panel.classList.contains("chosen")) return;
      const y = values[live.root];
      const d = live.gradient(chosen);
      plot.textContent = "";
      if (Number.isFinite(x)) curve(x, y, d);
      const text = name(chosen);
      const what = `${partial(text)} = ${number(d)}`;
      const moves =
        d === 0
          ? `a little more of ${text} does not move the loss`
          : `a little more of ${text} moves the loss ${d > 0 ? "up" : "down"}, ${number(Math.abs(d))} times as much`;
      const broken = Number.isFinite(y) ? "there is no tangent here" : `the loss is ${number(y)} here`;
      const sentence = byId("meaning");
      sentence.textContent = "";
      add(sentence, "b", what, tone(d));
      sentence.append(`: ${Number.isFinite(d) && Number.isFinite(y) ? moves : broken}.`);
      plot.setAttribute("aria-label", `The loss along ${text}, which is ${number(x)}. The loss is ${number(y)}`);
    }

    function curve(x, y, d) {
      const inside = (high - low) * 0.06;
      if (!(x > low + inside && x < high - inside)) {
        const half = 1.5 * Math.max(1, Math.abs(x));
        [low, high] = [x - half, x + half];
      }
      const points = 120;
      const xs = Array.from({ length: points + 1 }, (_, i) => low + ((high - low) * i) / points);
      const ys = live.along(chosen, xs);
      const [from, to] = range(ys, y);
      const across = (a) => LEFT + ((a - low) / (high - low)) * (WIDTH - LEFT - RIGHT);
      const up = (b) => HEIGHT - BOTTOM - ((b - from) / (to - from)) * (HEIGHT - TOP - BOTTOM);
      const near = (b) => Math.max(-HEIGHT, Math.min(2 * HEIGHT, up(b)));
      const frame = { x: LEFT, y: TOP, width: WIDTH - LEFT - RIGHT, height: HEIGHT - TOP - BOTTOM };
      const clip = shape("clipPath", { id: "inside" });
      clip.append(shape("rect", frame));
      shape("rect", { ...frame, class: "axes" });
      if (low < 0 && high > 0) shape("path", { class: "zero", d: `M${across(0)} ${TOP}V${HEIGHT - BOTTOM}` });
      if (from < 0 && to > 0) shape("path", { class: "zero", d: `M${LEFT} ${up(0)}H${WIDTH - RIGHT}` });
      let path = "";
      let drawn = false;
      xs.forEach((a, i) => {
        const known = Number.isFinite(ys[i]);
        if (known) path += `${drawn ? "L" : "M"}${across(a).toFixed(1)} ${near(ys[i]).toFixed(1)}`;
        drawn = known;
      });
      shape("path", { class: "curve", d: path, "clip-path": "url(#inside)" });
      shape("text", { x: LEFT, y: HEIGHT - 8 }, number(low));
      shape("text", { x: WIDTH - RIGHT, y: HEIGHT - 8, class: "end" }, number(high));
      shape("text", { x: (LEFT + WIDTH - RIGHT) / 2, y: HEIGHT - 8, class: "middle" }, name(chosen));
      shape("text", { x: LEFT - 5, y: HEIGHT - BOTTOM, class: "end" }, number(from));
      shape("text", { x: LEFT - 5, y: TOP + 9, class: "end" }, number(to));
      shape("text", { x: LEFT - 5, y: (TOP + HEIGHT - BOTTOM) / 2, class: "end" }, "L");
      if (!Number.isFinite(y)) return;
      shape("path", { class: "foot", d: `M${across(x)} ${up(y)}V${HEIGHT - BOTTOM}` });
      if (Number.isFinite(d)) {
        const ends = [low, high].map((a) => `${across(a)} ${Math.max(-9999, Math.min(9999, up(y + d * (a - x))))}`);
        if (Math.abs(d) < 1e6 * (to - from)) {
          shape("path", { class: `tangent ${tone(d)}`, d: `M${ends.join("L")}`, "clip-path": "url(#inside)" });
        }
      }
      shape("circle", { class: "point", cx: across(x), cy: up(y), r: 4.5 });
    }

    // --- undo and redo ---

    for (const id of ["undo", "redo", "reset"]) byId(id).addEventListener("click", live[id]);
    document.addEventListener("keydown", (event) => {
      if (!(event.ctrlKey || event.metaKey) || event.target.type === "text") return;
      const key = event.key.toLowerCase();
      if (key !== "z" && key !== "y") return;
      event.preventDefault();
      if (key === "y" || event.shiftKey) live.redo();
      else live.undo();
    });

    function settle() {
      for (const [leaf, [, box]] of leaves) {
        const x = values[leaf];
        box?.setAttribute("aria-valuenow", Number.isFinite(x) ? x : 0);
        box?.setAttribute("aria-valuetext", number(x));
      }
      byId("undo").disabled = !live.past.length;
      byId("redo").disabled = !live.future.length;
      byId("reset").disabled = !live.past.length && !live.future.length;
      draw();
    }
    live.listeners.push(settle);
    chosen = Number(list.value);
    settle();
  })();
}
