// Steps downhill: the optimizer's own update, `updates`, with the gradients of the moment; a bar for each loss.
if (live) {
  (function () {
    const { byId, number } = player;
    const { groups, name, lines } = player.film.descent;
    const bars = byId("bars");
    const slider = byId("rate");
    const typed = byId("rated");
    const uphill = groups.some((group) => group.up);
    const base = groups.length ? groups[0].options[groups[0].rate] : 0.1;
    let rate = base;
    let losses = [];
    let stepping = false;

    function take() {
      return { losses: [...losses], groups: groups.map(({ steps, state }) => ({ steps, state })) };
    }

    function give(old) {
      losses = [...old.losses];
      groups.forEach((group, i) => Object.assign(group, old.groups[i]));
    }
    live.remembered.push([take, give]);

    function step() {
      live.keep();
      const before = live.values[live.root];
      if (!losses.length) losses.push(before);
      const upstream = live.upstream;
      for (const group of groups) {
        const { params, options, state, known, steps } = group;
        const shared = [...options, steps + 1];
        shared[group.rate] *= rate / base;
        const begun = steps > 0 ? state : state.filter((_, i) => known[i]);
        const columns = [params.map((n) => live.values[n]), params.map((n) => upstream[n]), ...begun];
        const results = [[], ...state.map(() => [])];
        updates[steps > 0 ? group.later : group.first](shared, columns, null, [], results)(0, params.length);
        params.forEach((n, i) => (live.values[n] = results[0][i]));
        group.state = results.slice(1);
        group.steps = steps + 1;
      }
      stepping = true;
      live.refresh();
      stepping = false;
    }

    // --- what it came to ---

    function trend() {
      const [before, after] = losses.slice(-2);
      if (losses.length < 2) return "";
      const said = `Step ${losses.length - 1}: the loss was ${number(before)}, and is ${number(after)}.`;
      if (!Number.isFinite(after)) {
        const became = Number.isNaN(after) ? "no number any more" : "larger than any number";
        return `${said} It is ${became}: the steps were too long. Undo, and choose a smaller λ.`;
      }
      if (uphill ? after < before : after > before) {
        const large = name ? "may be too large" : "is too large";
        return `${said} The loss ${uphill ? "fell" : "grew"}: λ ${large}.`;
      }
      return said;
    }

    const HEIGHT = 44, WIDTH = 360, MOST = 40;

    function draw() {
      const shown = losses.slice(-MOST);
      const known = shown.filter(Number.isFinite);
      const foot = Math.min(0, ...known);
      const first = Number.isFinite(shown[0]) ? shown[0] : known[0] || 0;
      const top = uphill ? Math.max(...known) : first + 0.3 * (first - foot); // over it: a bar without an end
      bars.textContent = "";
      shown.forEach((loss, i) => {
        const bar = document.createElementNS("http://www.w3.org/2000/svg", "path");
        const whole = !Number.isFinite(loss);
        const over = whole || loss > top;
        const height = over ? HEIGHT : Math.max(2, ((loss - foot) / (top - foot || 1)) * HEIGHT);
        const x = (i * WIDTH) / MOST;
        bar.setAttribute("class", whole ? "bar nothing" : over ? "bar over" : "bar");
        const roof = over ? `l3.5 -8l3.5 8` : "h7";
        bar.setAttribute("d", `M${x} ${HEIGHT}V${HEIGHT - height + (over ? 8 : 0)}${roof}V${HEIGHT}z`);
        bars.append(bar);
      });
      const said = shown.map((x) => number(x)).join(", ");
      bars.setAttribute("aria-label", shown.length ? `The loss after each step: ${said}` : "No step yet");
      byId("trend").textContent = trend();
    }

    live.listeners.push(() => {
      if (stepping) losses.push(live.values[live.root]);
      else if (losses.length && !Object.is(losses.at(-1), live.values[live.root])) losses = []; // a leaf was changed
      draw();
    });

    // --- the rate ---

    function setRate(x) {
      rate = x;
      slider.value = Math.log10(x);
      slider.setAttribute("aria-valuetext", number(x));
      typed.value = number(x);
    }
    slider.addEventListener("input", () => setRate(Number((10 ** Number(slider.value)).toPrecision(3))));
    typed.addEventListener("input", () => typed.removeAttribute("aria-invalid"));
    typed.addEventListener("change", () => {
      const x = Number(typed.value.trim() || NaN);
      if (x > 0 && x < Infinity) setRate(x);
      else typed.setAttribute("aria-invalid", "true");
    });
    setRate(base);

    byId("down").disabled = !groups.length;
    byId("down").textContent = uphill ? "step uphill" : "step downhill";
    byId("down").addEventListener("click", step);
    const all = groups.reduce((n, group) => n + group.params.length, 0);
    byId("rule").textContent = `${name ? name + ": " : ""}${lines.join(", ")}   (g = dL/dw, for ${all} parameters)`;
    draw();
  })();
}
