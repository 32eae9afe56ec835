// The film computes: with other numbers in the leaves, all values and gradients follow from the rules of the
// rows, `rules`, which are printed from microgd's table. What is here is their order: forward through the
// steps, and the chain rule back through them. The texts of the film are forms: they hold marks, which stand
// for numbers.
const live = (function () {
  const { film, data, number } = player;
  if (!film.live) return null;
  const { steps, given, speak, drag, hidden, root } = film.live;
  const VALUE = 0, PARTIAL = 1, CONTRIBUTION = 2, TOTAL = 3, STRONGEST = 4, LITERAL = 5, TIES = 6;
  const operations = steps.flatMap((step, n) => (Array.isArray(step) ? [n] : []));
  const rule = steps.map((step) => Array.isArray(step) && rules[step[0]]);
  const operands = steps.map((step) => (Array.isArray(step) ? step.slice(1) : []));
  const values = steps.map((step) => (Array.isArray(step) ? 0 : real(step)));
  const start = [...values];
  const partials = steps.map(() => []);
  const asks = asked(given);
  const listeners = []; // called after each change
  let pass; // what the last backward pass found
  let version = 0;

  // nan and inf travel as text.
  function real(x) {
    return typeof x === "string" ? Number(x.replace("inf", "Infinity")) : x;
  }

  // Which steps have a gradient, if these leaves have none.
  function asked(without) {
    const found = steps.map((_, n) => !without.includes(n));
    for (const n of operations) found[n] = operands[n].some((x) => found[x]);
    return found;
  }

  function forward(numbers, order, kept) {
    for (const n of order) {
      const [value, found] = rule[n](...operands[n].map((x) => numbers[x]));
      numbers[n] = value;
      if (kept) kept[n] = found;
    }
  }

  // The chain rule: d root / d operand += d step / d operand * d root / d step, from the last step on.
  function backward(wanted) {
    const upstream = [];
    const contributions = steps.map(() => []);
    const totals = steps.map(() => []);
    upstream[root] = 1;
    for (const n of [...operations].reverse()) {
      if (upstream[n] === undefined) continue;
      operands[n].forEach((operand, slot) => {
        if (!wanted[operand]) return;
        const contribution = partials[n][slot] * upstream[n];
        const before = upstream[operand];
        upstream[operand] = before === undefined ? contribution : before + contribution;
        contributions[n][slot] = contribution;
        totals[n][slot] = upstream[operand];
      });
    }
    return { upstream, contributions, totals };
  }

  // --- the forms ---

  function read(kind, text) {
    const [n, slot] = text.split(".").map(Number);
    if (kind === VALUE) return values[n];
    if (kind === PARTIAL || kind === TIES) return partials[n][slot];
    if (kind === CONTRIBUTION) return pass.contributions[n][slot];
    if (kind === TOTAL) return pass.totals[n][slot];
    return Number(text); // LITERAL
  }

  // How many digits of its numbers make a calculation right as it is shown (see digits.py). It is that of a
  // step, or of a contribution: the mark of its result says which.
  function enough(result) {
    const found = /^([\ue000\ue002])(\d+)\.?(\d*);$/.exec(result);
    if (!found) return 0;
    const [, kind, n, slot] = found;
    const made = kind === "\ue000";
    const numbers = made ? operands[n].map((x) => values[x]) : [partials[n][slot], pass.upstream[n]];
    const compute = made ? (xs) => rule[n](...xs)[0] : ([a, b]) => a * b;
    const wanted = number(compute(numbers));
    for (let digits = 4; digits <= 17; digits++) {
      const shown = numbers.map((x) => (Number.isFinite(x) ? Number(number(x, digits)) : x));
      if (number(compute(shown)) === wanted) return digits;
    }
    return 4;
  }

  function tell(form, most = 0) {
    return form.replace(/([\ue000-\ue02f])([\d.]+)(?::(\d+))?;/g, (_, letter, where, digits) => {
      const code = letter.charCodeAt(0) - 0xe000;
      const x = read(code & 15, where);
      if ((code & 15) === TIES) return x > 0 && x < 1 ? `: ${Math.round(1 / x)} equal ones` : "";
      const text = number(x, most || Number(digits || 4));
      const brackets = [false, text[0] === "-", text.includes("-")][code >> 4];
      return brackets ? `(${text})` : text;
    });
  }

  // The number of a form that is nothing but marks: their sum, or the largest in size.
  function count(form) {
    if (typeof form !== "string") return form;
    const found = Array.from(form.matchAll(/([\ue000-\ue005])([\d.]+);/g), ([, letter, where]) =>
      read(letter.charCodeAt(0) - 0xe000, where),
    );
    if (!found.length) return real(form);
    if (form.charCodeAt(0) - 0xe000 !== STRONGEST) return found.reduce((a, b) => a + b);
    return found.reduce((a, b) => (Math.abs(b) > Math.abs(a) ? b : a));
  }

  const MOST_LINES = 6;

  function lines(forms, backwards) {
    let told = forms.map(([what, formula, value, note, way, reason]) => {
      const digits = formula.includes("…") || formula.includes("...") ? 0 : enough(value);
      return [tell(what), tell(formula, digits), count(value), tell(note), way, tell(reason || "")];
    });
    const many = told.length > MOST_LINES + 1;
    if (!backwards) return told;
    if (many) {
      const size = (line) => (line[2] !== line[2] ? -1 : Math.abs(line[2]));
      told.sort((a, b) => size(b) - size(a));
    }
    const shown = told.slice(0, MOST_LINES + 1);
    if (shown.length > 2) {
      for (let i = shown.length - 1; i; i--) if (shown[i][5] === shown[i - 1][5]) shown[i][5] = "";
    }
    if (!many) return shown;
    return [...shown.slice(0, MOST_LINES), [`… and ${told.length - MOST_LINES} more`, "", NaN, "", -1]];
  }

  // A frame is told when somebody looks at it, and again when the numbers have changed.
  for (const frame of film.frames) {
    const { said, lines: forms, backward: backwards } = frame;
    let at = -1;
    let told;
    const now = () => {
      if (at !== version) told = { said: tell(said), lines: lines(forms, backwards) };
      at = version;
      return told;
    };
    Object.defineProperty(frame, "said", { get: () => now().said });
    Object.defineProperty(frame, "lines", { get: () => now().lines });
  }
  const gradients = film.grads;
  const flows = film.ways.map((way) => way[3]);

  function compute() {
    version++;
    forward(values, operations, partials);
    pass = backward(asks);
    speak.forEach((n, box) => {
      if (n >= 0) data[box] = number(values[n]);
    });
    film.grads = gradients.map((known) => known.map(([frame, form]) => [frame, count(form) + 0]));
    film.ways.forEach((way, i) => (way[3] = count(flows[i])));
  }

  function refresh() {
    compute();
    player.refresh();
    for (const listener of listeners) listener();
  }

  // --- changes, and back ---

  const past = [];
  const future = [];
  const remembered = []; // by other scripts: pairs of functions that take and give what belongs to a state

  function state() {
    return { values: [...values], others: remembered.map(([take]) => take()) };
  }

  function restore(old) {
    old.values.forEach((x, n) => (values[n] = x));
    remembered.forEach(([, give], i) => give(old.others[i]));
    refresh();
  }

  // Call it before a change: it can be undone then.
  function keep() {
    past.push(state());
    future.length = 0;
  }

  function move(from, to) {
    if (!from.length) return;
    to.push(state());
    restore(from.pop());
  }

  compute();
  const first = { values: start };
  document.addEventListener("DOMContentLoaded", () => (first.others = state().others));

  return {
    root,
    drag,
    hidden,
    values,
    listeners,
    remembered,
    past,
    future,
    keep,
    refresh,
    real,
    get upstream() {
      return pass.upstream;
    },
    // d root / d leaf, of leaves that have no gradient in the film, too
    gradient(leaf) {
      const found = asks[leaf] ? pass : backward(asked([]));
      return found.upstream[leaf] ?? 0;
    },
    // the loss for other numbers in a leaf
    along(leaf, xs) {
      const numbers = [...values];
      const after = steps.map((_, n) => n === leaf);
      for (const n of operations) after[n] = operands[n].some((x) => after[x]);
      const order = operations.filter((n) => after[n]);
      return xs.map((x) => {
        numbers[leaf] = x;
        forward(numbers, order);
        return numbers[root];
      });
    },
    undo: () => move(past, future),
    redo: () => move(future, past),
    reset() {
      if (past.length) keep();
      restore({ values: start, others: first.others });
    },
  };
})();
