// A training that was recorded elsewhere. State is one number, the frame; `show` draws what it says.
// `field` is the model, or the loss surface, as printed by Python: field(shared, samples, order, sums, each).
"use strict";

(function () {
  const film = JSON.parse(document.getElementById("film").textContent);
  const byId = (id) => document.getElementById(id);
  const last = film.steps.length - 1;
  const slider = byId("slider");
  const calm = window.matchMedia("(prefers-reduced-motion: reduce)");
  const dark = window.matchMedia("(prefers-color-scheme: dark)");
  const losses = film.losses.map(Number); // nan and inf travel as text
  const tensors = film.layers.flatMap(([, inside]) => inside);
  const size = tensors.reduce((n, [, , rows, columns]) => n + rows * columns, 0);
  let now = 0;
  let timer = 0;

  // --- numbers ---

  function bytes(text) {
    return Uint8Array.from(atob(text), (c) => c.charCodeAt(0));
  }

  const stored = new DataView(bytes(film.weights).buffer);
  const weights = Int16Array.from({ length: stored.byteLength / 2 }, (_, i) =>
    stored.getInt16(2 * i, true),
  );
  const grads = new Int8Array(bytes(film.grads).buffer);

  // A tensor's numbers at a frame. What is not finite is NaN; without gradients it is null.
  function numbers(frame, tensor, gradient) {
    const [, start, rows, columns] = tensors[tensor];
    const [source, none, which] = gradient ? [grads, -128, 1] : [weights, -32768, 0];
    const scale = film.scales[frame * tensors.length + tensor][which];
    if (scale === null) return null;
    const from = frame * size + start;
    return Array.from(source.subarray(from, from + rows * columns), (q) =>
      q === none ? NaN : q * scale,
    );
  }

  function largest(xs) {
    return xs.reduce((most, x) => (Math.abs(x) > most ? Math.abs(x) : most), 0);
  }

  function number(x) {
    if (!Number.isFinite(x)) return Number.isNaN(x) ? "nan" : x > 0 ? "inf" : "-inf";
    if (x === 0) return "0";
    const exponent = Number(x.toExponential(2).split("e")[1]);
    if (exponent >= -3 && exponent < 4) return String(Number(x.toPrecision(3)));
    return x
      .toExponential(2)
      .replace(/\.?0+e/, "e")
      .replace("e+", "e");
  }

  // --- colours ---

  let colours = {};

  function readColours() {
    const style = getComputedStyle(document.documentElement);
    const names = ["ink", "grey", "line", "paper", "frame", "plus", "minus", "parameter", "broken"];
    colours = Object.fromEntries(
      names.map((name) => [name, style.getPropertyValue("--" + name).trim()]),
    );
    mixShades();
  }

  function rgb(colour) {
    const hex = colour.slice(1);
    const wide = hex.length === 3 ? hex.replace(/./g, "$&$&") : hex;
    return [0, 2, 4].map((i) => parseInt(wide.slice(i, i + 2), 16));
  }

  function mixed(low, high, share) {
    return low.map((x, i) => Math.round(x + (high[i] - x) * share));
  }

  function css(colour) {
    return `rgb(${colour.join(" ")})`;
  }

  // The colours of cells below and above 0, from pale to full.
  let shades = [[], []];

  function mixShades() {
    shades = [colours.minus, colours.plus].map((end) =>
      Array.from({ length: 33 }, (_, k) => css(mixed(rgb(colours.frame), rgb(end), (0.95 * k) / 32))),
    );
  }

  // 0 at 0, 1 at the largest, and logarithmic between, so that a tenth of the largest still shows.
  function strength(x, most) {
    return most ? Math.min(1, Math.log1p((30 * Math.abs(x)) / most) / Math.log1p(30)) : 0;
  }

  // A canvas of so many CSS pixels, sharp on every screen.
  function prepared(canvas, width, height) {
    const ratio = window.devicePixelRatio || 1;
    canvas.width = Math.round(width * ratio);
    canvas.height = Math.round(height * ratio);
    canvas.style.width = canvas.id ? "" : width + "px";
    canvas.style.height = height + "px";
    const pen = canvas.getContext("2d");
    pen.setTransform(ratio, 0, 0, ratio, 0, 0);
    pen.font = "12px system-ui, Arial, sans-serif";
    return pen;
  }

  // --- the loss ---

  const finite = losses.filter(Number.isFinite);
  const lowest = Math.min(...finite);
  const highest = Math.max(...finite);
  const logarithmic = lowest > 0 && highest / lowest > 20;
  const height = (x) => (logarithmic ? Math.log(x) : x);
  const [left, right, top, bottom] = [66, 10, 10, 22];

  function lossX(frame, width) {
    return left + ((width - left - right) * frame) / Math.max(1, last);
  }

  function drawLoss() {
    const canvas = byId("loss");
    const width = canvas.clientWidth;
    const alone = !film.kind && window.innerWidth > 800;
    const tall = Math.max(120, alone ? window.innerHeight * 0.45 : Math.min(200, window.innerHeight * 0.2));
    const pen = prepared(canvas, width, tall);
    const spread = height(highest) - height(lowest) || 1;
    const y = (x) => top + ((tall - top - bottom) * (height(highest) - height(x))) / spread;
    pen.fillStyle = colours.grey;
    pen.strokeStyle = colours.line;
    pen.lineWidth = 1;
    pen.textAlign = "right";
    pen.textBaseline = "middle";
    if (finite.length) {
      for (const x of new Set([highest, lowest])) {
        pen.fillText(number(x), left - 6, y(x));
        pen.beginPath();
        pen.moveTo(left, y(x));
        pen.lineTo(width - right, y(x));
        pen.stroke();
      }
    }
    pen.textBaseline = "bottom";
    pen.fillText(`step ${film.steps[last]}`, width - right, tall - 2);
    pen.textAlign = "left";
    if (last) pen.fillText(`step ${film.steps[0]}`, left, tall - 2);
    if (logarithmic) {
      pen.textAlign = "center";
      pen.fillText("logarithmic scale", (left + width - right) / 2, tall - 2);
    }
    const trace = (from, to, colour, thick) => {
      pen.strokeStyle = colour;
      pen.lineWidth = thick;
      pen.beginPath();
      let down = false;
      for (let i = from; i <= to; i++) {
        if (!Number.isFinite(losses[i])) {
          down = false;
          continue;
        }
        if (down) pen.lineTo(lossX(i, width), y(losses[i]));
        else pen.moveTo(lossX(i, width), y(losses[i]));
        down = true;
      }
      pen.stroke();
    };
    trace(now, last, colours.grey, 1);
    trace(0, now, colours.parameter, 2.5);
    const x = lossX(now, width);
    pen.strokeStyle = colours.ink;
    pen.lineWidth = 1;
    pen.beginPath();
    pen.moveTo(x, top);
    pen.lineTo(x, tall - bottom);
    pen.stroke();
    const well = Number.isFinite(losses[now]);
    pen.fillStyle = well ? colours.parameter : colours.broken;
    pen.beginPath();
    pen.arc(x, well ? y(losses[now]) : top, 5, 0, 7);
    pen.fill();
    canvas.setAttribute(
      "aria-label",
      `The loss, from ${number(losses[0])} to ${number(losses[last])}; now ${number(losses[now])}`,
    );
  }

  // --- weights and gradients ---

  const panes = film.layers.map(([name, inside]) => {
    const figure = document.createElement("figure");
    const caption = document.createElement("figcaption");
    caption.textContent = name === "parameters" ? name : `layer ${name}`;
    const parts = ["weights", "gradients"].map((word, gradient) => {
      const said = document.createElement("p");
      const canvas = document.createElement("canvas");
      canvas.setAttribute("role", "img");
      figure.append(said, canvas);
      return { word, gradient: gradient === 1, said, canvas };
    });
    figure.prepend(caption);
    byId("layers").append(figure);
    const first = tensors.indexOf(inside[0]);
    return { name, inside, first, parts };
  });

  // The widest weights of a layer over the whole film: their colours keep their meaning from step to step.
  for (const pane of panes) {
    pane.most = 0;
    for (let frame = 0; frame <= last; frame++) {
      pane.inside.forEach((_, k) => {
        const scale = film.scales[frame * tensors.length + pane.first + k][0];
        if (scale !== null) pane.most = Math.max(pane.most, 32767 * scale);
      });
    }
  }

  let cell = 8;
  const wideOf = (pane) => pane.inside.reduce((n, [, , , columns]) => n + columns, 0);
  const tallOf = (pane) => Math.max(...pane.inside.map(([, , rows]) => rows));

  // Beside a field, layers are side by side, with gradients below weights. Else layers are below each other.
  function chooseCell() {
    const full = byId("layers").clientWidth;
    const most = Math.max(...panes.map(wideOf)) + 1;
    if (film.kind || window.innerWidth <= 800) {
      const columns = panes.reduce((n, pane) => n + wideOf(pane) + 1, 0);
      const rows = Math.max(...panes.map(tallOf));
      const down = Math.max(240, window.innerHeight - 480);
      cell = Math.min((full - 18 * panes.length) / columns, down / 2 / rows);
    } else {
      const rows = panes.reduce((n, pane) => n + tallOf(pane), 0);
      const down = window.innerHeight - 240 - 55 * panes.length;
      cell = Math.min((full - 40) / (2 * most), down / rows);
    }
    cell = Math.max(Math.min(5, full / most), Math.min(18, Math.floor(cell)));
  }

  function drawLayer(pane) {
    for (const part of pane.parts) {
      const inside = pane.inside.map((_, k) => numbers(now, pane.first + k, part.gradient));
      const known = inside.filter((xs) => xs !== null);
      const most = part.gradient ? Math.max(0, ...known.map(largest)) : pane.most;
      const wide = wideOf(pane) * cell + 4 * (pane.inside.length - 1);
      const pen = prepared(part.canvas, wide, tallOf(pane) * cell);
      const gap = cell >= 6 ? 1 : 0;
      let x = 0;
      pane.inside.forEach(([, , rows, columns], k) => {
        for (let i = 0; inside[k] && i < rows * columns; i++) {
          const value = inside[k][i];
          const at = Math.round(32 * strength(value, most));
          pen.fillStyle = Number.isNaN(value) ? colours.broken : shades[value > 0 ? 1 : 0][at];
          const row = Math.floor(i / columns);
          pen.fillRect(x + (i % columns) * cell, row * cell, cell - gap, cell - gap);
        }
        x += columns * cell + 4;
      });
      const all = known.flat();
      const few = all.length <= 4 ? all.map(number).join(", ") : `±${number(most)}`;
      const words = known.length ? `${part.word} ${few}` : `no ${part.word}`;
      part.said.textContent = words;
      part.canvas.setAttribute("aria-label", `Layer ${pane.name}: ${words}`);
    }
  }

  function point(event, pane, part) {
    const box = part.canvas.getBoundingClientRect();
    let x = event.clientX - box.left;
    const row = Math.floor((event.clientY - box.top) / cell);
    pane.inside.forEach(([name, , rows, columns], k) => {
      const column = Math.floor(x / cell);
      if (column >= 0 && column < columns && row >= 0 && row < rows) {
        const index = rows * columns === 1 ? "" : columns === 1 ? `[${row}]` : `[${row}][${column}]`;
        const found = numbers(now, pane.first + k, part.gradient);
        const value = found ? number(found[row * columns + column]) : "none";
        byId("heat-key").textContent = `${part.gradient ? "gradient of " : ""}${name}${index}: ${value}`;
      }
      x -= columns * cell + 4;
    });
  }

  if (panes.some((pane) => pane.inside.length === 2 && pane.inside[1][0].endsWith(".bias"))) {
    byId("heat-key").append(" The column apart is the bias.");
  }
  const key = byId("heat-key").textContent;
  for (const pane of panes) {
    for (const part of pane.parts) {
      part.canvas.addEventListener("pointermove", (event) => point(event, pane, part));
      part.canvas.addEventListener("pointerleave", () => (byId("heat-key").textContent = key));
    }
  }

  // --- the field: what the model answers, or the loss, everywhere ---

  const GRID = 96;
  const map = byId("map");
  const small = document.createElement("canvas");

  function shared(frame) {
    const all = tensors.flatMap((_, k) => numbers(frame, k, false) || []);
    return film.shared.map((i) => (i >= 0 ? all[i] : Number(film.others[frame][-1 - i])));
  }

  function answers(frame, samples) {
    const out = new Float64Array((samples.length / 2) * film.outputs);
    field(shared(frame), [samples], null, [], [out])(0, samples.length / 2);
    return out;
  }

  // The two parameters of a surface: in one tensor, or in two.
  function spot(frame) {
    return tensors.flatMap((_, k) => numbers(frame, k, false));
  }

  const axes = tensors.length === 1 ? ["w0", "w1"] : tensors.map(([name]) => name);

  function bounds(points) {
    const ok = points.filter((p) => p.every(Number.isFinite));
    return [0, 1].map((k) => {
      const xs = ok.map((p) => p[k]);
      const [low, high] = xs.length ? [Math.min(...xs), Math.max(...xs)] : [-1, 1];
      const margin = 0.15 * (high - low) || Math.abs(high) || 1;
      return [low - margin, high + margin];
    });
  }

  let area = null;
  let samples = null;
  let still = null; // a surface does not change
  let levels = [];
  const rows = () => Math.round(GRID * shape);
  let shape = 1;

  function prepareField() {
    const points = film.kind === "points" ? film.points : film.steps.map((_, i) => spot(i));
    area = bounds(points);
    const [[x0, x1], [y0, y1]] = area;
    shape = film.kind === "points" ? Math.max(0.45, Math.min(1, (y1 - y0) / (x1 - x0))) : 0.8;
    samples = new Float64Array(2 * GRID * rows());
    for (let i = 0; i < GRID * rows(); i++) {
      samples[2 * i] = x0 + ((x1 - x0) * (i % GRID)) / (GRID - 1);
      samples[2 * i + 1] = y1 - ((y1 - y0) * Math.floor(i / GRID)) / (rows() - 1);
    }
    if (film.kind !== "surface") return;
    still = answers(0, samples);
    const sorted = Float64Array.from(still.filter(Number.isFinite)).sort();
    levels = Array.from({ length: 12 }, (_, k) => sorted[Math.floor((sorted.length * k) / 12)]);
  }

  const CLASSES = ["#c2410c", "#1d4ed8", "#15803d", "#a21caf", "#0e7490", "#a16207", "#4d7c0f"];

  // The colour of a sample, as a function of its number. All colours are mixed before.
  function painter(values) {
    const paper = rgb(colours.paper);
    const steps = 64;
    const ramp = (end, low, high) =>
      Array.from({ length: steps + 1 }, (_, k) => mixed(paper, end, low + ((high - low) * k) / steps));
    if (film.kind === "surface") {
      const depths = ramp(rgb(colours.parameter), 0.65, 0);
      return (i) => {
        const depth = levels.findIndex((level) => values[i] < level);
        return depths[Math.round((steps * (depth < 0 ? levels.length : depth)) / levels.length)];
      };
    }
    if (film.outputs > 1) {
      const tones = CLASSES.map((tone) => mixed(paper, rgb(tone), 0.45));
      return (i) => tones[largestOf(values, i) % tones.length];
    }
    const sizes = Float64Array.from(values, (x) => Math.abs(x - film.boundary)).filter(Number.isFinite);
    const scale = sizes.sort()[Math.floor(0.8 * sizes.length)] || 1;
    const plus = ramp(rgb(colours.plus), 0.12, 0.62);
    const minus = ramp(rgb(colours.minus), 0.12, 0.62);
    const broken = rgb(colours.broken);
    return (i) => {
      const x = values[i] - film.boundary;
      if (Number.isNaN(x)) return broken;
      return (x > 0 ? plus : minus)[Math.round(steps * Math.min(1, Math.abs(x) / scale))];
    };
  }

  // The class of a sample with several outputs.
  function largestOf(values, i) {
    let best = 0;
    for (let k = 1; k < film.outputs; k++) {
      if (values[i * film.outputs + k] > values[i * film.outputs + best]) best = k;
    }
    return best;
  }

  // Marching squares: in each square of the grid, the line between the crossings of its sides.
  function contour(pen, values, level, width, tall) {
    const at = (i) => values[i] - level;
    const sx = width / (GRID - 1);
    const sy = tall / (rows() - 1);
    pen.beginPath();
    for (let r = 0; r + 1 < rows(); r++) {
      for (let c = 0; c + 1 < GRID; c++) {
        const corners = [
          [c, r],
          [c + 1, r],
          [c + 1, r + 1],
          [c, r + 1],
        ];
        const found = [];
        for (let k = 0; k < 4; k++) {
          const [a, b] = [corners[k], corners[(k + 1) % 4]];
          const [p, q] = [at(a[1] * GRID + a[0]), at(b[1] * GRID + b[0])];
          if (p > 0 !== q > 0 && Number.isFinite(p - q)) {
            const t = p / (p - q);
            found.push([(a[0] + t * (b[0] - a[0])) * sx, (a[1] + t * (b[1] - a[1])) * sy]);
          }
        }
        for (let k = 0; k + 1 < found.length; k += 2) {
          pen.moveTo(...found[k]);
          pen.lineTo(...found[k + 1]);
        }
      }
    }
    pen.stroke();
  }

  function drawField() {
    const width = map.clientWidth;
    const tall = Math.min(width * shape, Math.max(260, window.innerHeight - 200));
    const pen = prepared(map, width, tall);
    const values = still || answers(now, samples);
    const image = new ImageData(GRID, rows());
    const colour = painter(values);
    for (let i = 0; i < GRID * rows(); i++) {
      const [red, green, blue] = colour(i);
      image.data[4 * i] = red;
      image.data[4 * i + 1] = green;
      image.data[4 * i + 2] = blue;
      image.data[4 * i + 3] = 255;
    }
    small.width = GRID;
    small.height = rows();
    small.getContext("2d").putImageData(image, 0, 0);
    pen.drawImage(small, 0.5, 0.5, GRID - 1, rows() - 1, 0, 0, width, tall);
    const [[x0, x1], [y0, y1]] = area;
    const place = ([x, y]) => [((x - x0) / (x1 - x0)) * width, ((y1 - y) / (y1 - y0)) * tall];
    if (film.kind === "surface") {
      pen.strokeStyle = colours.grey;
      pen.lineWidth = 0.7;
      for (const level of levels.slice(1)) contour(pen, values, level, width, tall);
      drawPath(pen, place);
    } else {
      if (film.outputs === 1) {
        pen.strokeStyle = colours.ink;
        pen.lineWidth = 2.5;
        contour(pen, values, film.boundary, width, tall);
      }
      drawPoints(pen, place);
    }
    pen.fillStyle = colours.ink;
    pen.textBaseline = "bottom";
    const [across, up] = film.kind === "points" ? ["x0", "x1"] : axes;
    pen.fillText(`${across} = ${number(x0)}`, 6, tall - 4);
    pen.textAlign = "right";
    pen.fillText(`${across} = ${number(x1)}`, width - 6, tall - 4);
    pen.textAlign = "left";
    pen.fillText(`${up} = ${number(y0)}`, 6, tall - 20);
    pen.textBaseline = "top";
    pen.fillText(`${up} = ${number(y1)}`, 6, 4);
  }

  function drawPath(pen, place) {
    pen.strokeStyle = colours.minus;
    pen.lineWidth = 2;
    pen.beginPath();
    for (let i = 0; i <= now; i++) pen.lineTo(...place(spot(i)));
    pen.stroke();
    for (const [frame, full] of [
      [0, false],
      [now, true],
    ]) {
      pen.beginPath();
      pen.arc(...place(spot(frame)), 6, 0, 7);
      pen.fillStyle = full ? colours.minus : colours.paper;
      pen.fill();
      pen.stroke();
    }
    const [w0, w1] = spot(now).map(number);
    map.setAttribute("aria-label", `The loss surface; now ${axes[0]} = ${w0}, ${axes[1]} = ${w1}`);
  }

  // The number of the class of a label, from 0 on.
  const classes = film.labels ? Array.from(new Set(film.labels)).sort((a, b) => a - b) : [];
  const middle = (classes[0] + classes[classes.length - 1]) / 2;
  const classOf = (label) => (film.outputs > 1 ? label : Number(label > middle));

  function drawPoints(pen, place) {
    const ends = [colours.minus, colours.plus];
    film.points.forEach((sample, i) => {
      const [x, y] = place(sample);
      const group = film.labels ? classOf(film.labels[i]) : -1;
      pen.beginPath();
      if (group === 1) pen.rect(x - 4.5, y - 4.5, 9, 9);
      else pen.arc(x, y, 5, 0, 7);
      pen.fillStyle =
        group < 0 ? colours.grey : film.outputs > 1 ? CLASSES[group % CLASSES.length] : ends[group];
      pen.fill();
      pen.strokeStyle = colours.paper;
      pen.lineWidth = 1.5;
      pen.stroke();
    });
    map.setAttribute("aria-label", "What the model answers between the points. " + rightPoints());
  }

  function rightPoints() {
    if (film.kind !== "points" || !film.labels || (film.outputs === 1 && classes.length !== 2)) return "";
    const out = answers(now, film.points.flat());
    const said = (i) => (film.outputs > 1 ? largestOf(out, i) : Number(out[i] > film.boundary));
    const right = film.labels.filter((label, i) => said(i) === classOf(label)).length;
    return `${right} of ${film.points.length} points are right.`;
  }

  // --- the page ---

  function sentence() {
    let most = 0;
    let where = "";
    tensors.forEach(([name], k) => {
      const xs = numbers(now, k, true);
      if (xs && largest(xs) > most) [most, where] = [largest(xs), name];
    });
    const parts = [`Step ${film.steps[now]}: loss ${number(losses[now])}.`];
    if (!Number.isFinite(losses[now])) parts.push("The loss is no finite number.");
    parts.push(rightPoints());
    if (where) parts.push(`The largest gradient is ±${number(most)}, in ${where}.`);
    return parts.filter(Boolean).join(" ");
  }

  function draw() {
    drawLoss();
    panes.forEach(drawLayer);
    if (area) drawField();
  }

  function show(wanted) {
    now = Math.max(0, Math.min(last, wanted));
    draw();
    byId("said").textContent = sentence();
    slider.value = String(now);
    const place = `step ${film.steps[now]} of ${film.steps[last]}`;
    slider.setAttribute("aria-valuetext", `${place}, loss ${number(losses[now])}`);
    byId("where").textContent = place;
    try {
      history.replaceState(null, "", "#frame=" + now);
    } catch {
      // a page without an address of its own, as in a notebook
    }
  }

  function pause() {
    clearInterval(timer);
    timer = 0;
    byId("said").setAttribute("aria-live", "polite");
    byId("play").textContent = "Play";
    byId("play").setAttribute("aria-pressed", "false");
  }

  function play() {
    if (timer) return pause();
    byId("said").setAttribute("aria-live", "off"); // not every step aloud
    if (now === last) show(0);
    byId("play").textContent = "Pause";
    byId("play").setAttribute("aria-pressed", "true");
    const pace = calm.matches ? 1000 : Math.max(60, Math.min(500, 12000 / (last + 1)));
    timer = setInterval(() => {
      if (now + 1 >= last) pause();
      show(now + 1);
    }, pace);
  }

  function go(frame) {
    pause();
    show(frame);
  }

  const actions = {
    first: () => go(0),
    back: () => go(now - 1),
    play,
    next: () => go(now + 1),
    last: () => go(last),
  };
  for (const [id, act] of Object.entries(actions)) byId(id).addEventListener("click", act);
  slider.max = String(last);
  slider.addEventListener("input", () => go(Number(slider.value)));
  const keys = { ArrowLeft: "back", ArrowRight: "next", Home: "first", End: "last", " ": "play" };
  document.addEventListener("keydown", (event) => {
    const action = keys[event.key];
    if (!action || event.ctrlKey || event.metaKey || event.altKey) return;
    const own = event.target.tagName;
    if (own === "BUTTON" && event.key === " ") return; // it presses the button
    if (own === "INPUT" && event.key.length > 1) return; // the slider has these keys itself
    event.preventDefault();
    actions[action]();
  });

  function seek(event) {
    if (event.type === "pointermove" && !event.buttons) return;
    const box = byId("loss").getBoundingClientRect();
    const share = (event.clientX - box.left - left) / (box.width - left - right);
    go(Math.round(share * last));
  }
  byId("loss").addEventListener("pointerdown", seek);
  byId("loss").addEventListener("pointermove", seek);

  function whole() {
    readColours();
    chooseCell();
    draw();
  }
  window.addEventListener("resize", whole);
  dark.addEventListener("change", whole);

  if (film.kind) {
    byId("field").hidden = false;
    prepareField();
    const surface = film.kind === "surface";
    byId("field-title").textContent = surface
      ? "The way down the loss surface"
      : film.outputs > 1
        ? "What the model answers"
        : "The decision boundary";
    byId("map-key").textContent = surface
      ? "Blue is a low loss; the ring is the start, the dot is now."
      : film.outputs > 1
        ? "The colour of a place is the class of the largest output."
        : `Blue: the output is above ${number(film.boundary)}. Orange: below. Pale: close to it.`;
  } else {
    document.querySelector("main").classList.add("plain");
  }
  readColours();
  chooseCell();
  const start = /frame=(\d+)/.exec(location.hash);
  show(start ? Number(start[1]) : 0);
})();
