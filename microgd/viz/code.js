// The code beside the picture: the line that is at work in a frame is lit, together with its box.
// Pointing at a line lights the boxes that it made. It uses `player`, and `film.code`, which has the rows
// and, for each box, the numbers of its rows.
(function () {
  const { film, boxes, ways, svg, add, dress } = player;
  if (!film.code) return;
  const panel = add(document.body, "section", "");
  player.stage.after(panel);
  panel.id = "code";
  panel.setAttribute("aria-label", "The code, line by line");
  const { rows, of } = film.code;
  const made = rows.map(() => []); // the boxes of each row
  of.forEach((own, box) => own.forEach((row) => made[row].push(box)));

  const lines = rows.map(([at, text], i) => {
    const line = add(panel, made[i].length ? "button" : "div", "", "row");
    add(line, "span", at ? String(at) : "", "at");
    add(line, "code", text);
    if (made[i].length) line.type = "button";
    return line;
  });
  const live = lines.filter((_, i) => made[i].length);

  // The lines are one stop of the tab key. From there the arrows up and down go to the others.
  function stop(line) {
    for (const other of live) other.tabIndex = other === line ? 0 : -1;
    return line;
  }
  stop(live[0]);

  // Light the boxes of a line, and the edges into them.
  function light(row) {
    const own = new Set(made[row]);
    boxes.forEach((box, i) => dress(box, "near", own.has(i)));
    const tips = svg.querySelectorAll(".tip");
    ways.forEach((way, i) => {
      dress(way, "near", own.has(film.ways[i][1]));
      dress(tips[i], "near", own.has(film.ways[i][1]));
    });
    svg.classList.add("aside");
  }

  // The next frame, after the one on show, that is about a line.
  function next(row) {
    const about = (i) => made[row].includes(film.frames[i].box);
    const frames = film.frames.map((_, i) => i).filter(about);
    return frames.find((i) => i > player.frame) ?? frames[0] ?? player.frame;
  }

  lines.forEach((line, row) => {
    if (!made[row].length) return;
    for (const enter of ["pointerenter", "focus"]) line.addEventListener(enter, () => light(row));
    for (const leave of ["pointerleave", "blur"]) {
      line.addEventListener(leave, () => svg.classList.remove("aside"));
    }
    line.addEventListener("focus", () => stop(line));
    line.addEventListener("click", () => player.go(next(row)));
    line.addEventListener("keydown", (event) => {
      const step = { ArrowUp: -1, ArrowDown: 1 }[event.key];
      if (!step) return;
      event.preventDefault();
      const at = live.indexOf(line) + step;
      stop(live[Math.max(0, Math.min(live.length - 1, at))]).focus();
    });
  });

  boxes.forEach((box, i) => {
    const point = (on) => () => of[i].forEach((row) => dress(lines[row], "near", on));
    for (const enter of ["pointerenter", "focus"]) box.addEventListener(enter, point(true));
    for (const leave of ["pointerleave", "blur"]) box.addEventListener(leave, point(false));
  });

  player.listeners.push((frame) => {
    const lit = new Set(frame.box < 0 ? [] : of[frame.box]);
    lines.forEach((line, row) => {
      dress(line, "lit", lit.has(row));
      if (lit.has(row)) line.setAttribute("aria-current", "step");
      else line.removeAttribute("aria-current");
    });
    const [first] = lit;
    if (first === undefined) return;
    const { offsetTop: top, offsetHeight: height } = lines[first]; // the panel scrolls, the page does not
    if (top < panel.scrollTop || top + height > panel.scrollTop + panel.clientHeight) {
      panel.scrollTop = top - panel.clientHeight / 2;
    }
  });
})();
