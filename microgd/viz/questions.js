// What the quiz asks about a backward frame, and how an answer is judged.
// The numbers are those of the frames of `player.film` at that moment: a reader may have changed a leaf.
const questions = (function () {
  const { film, number, gradient } = player;
  const first = film.frames.findIndex((frame) => frame.backward);
  const CLOSE = 0.01; // an answer may be rounded: 1 % off is right
  const CONSTANTS = [2, 0.5, 10, 0.1, 100, 0.01, 1000, 0.001];

  const factor = (text) => Number(text.replace(/[()]/g, ""));
  const plain = (x) => (Number.isFinite(x) ? x + 0 : typeof x === "string" ? x : number(x)); // no -0

  // The lines of a frame that are one contribution each: dL/dx += dt/dx · dL/dt = partial · upstream.
  function contributions({ lines }) {
    return lines.flatMap(([words, formula, x, note, way]) => {
      const [, what, out] = /^(dL\/.*) \+= .+ · (dL\/.*)$/.exec(words) || [];
      const [partial, upstream] = formula.split(" · ").map(factor);
      const total = /so far (.+)/.exec(note); // the value is used more than once
      return what ? { what, out, partial, upstream, value: plain(x), total: total?.[1], way } : [];
    });
  }

  // The question about a frame: words, the right number, and the numbers that tell of a mistake.
  // One contribution is asked for, if possible one whose value is used more than once.
  function ask(at) {
    const { said, box } = film.frames[at];
    if (at === first) {
      const [, what] = /and (dL\/.*) = 1\. /.exec(said) || ["", "dL/dL"];
      const words = `The backward pass begins at the loss. What is ${what}?`;
      return { given: "", words, answer: `${what} is`, right: 1, wrong: [] };
    }
    const all = contributions(film.frames[at]);
    const sum = ({ way }) => (way < 0 ? null : gradient(film.ways[way][0], at));
    const added = (line) => line.way < 0 || line.total !== number(sum(line));
    const line = all.find((l) => !added(l)) || all.find(({ partial }) => partial !== 1) || all[0];
    if (!line) return null;
    const { what, out, partial, upstream, value, way } = line;
    const right = added(line) ? value : plain(sum(line));
    const made = film.frames.find((frame) => !frame.backward && frame.box === box);
    return {
      given: made.lines
        .map(([name, numbers, x]) => `${name} = ${numbers} = ${number(x)}. `)
        .concat(`The upstream gradient is ${out} = ${number(upstream)}. `)
        .join(""),
      words: added(line)
        ? `What is added to ${what}?`
        : `${what} is ${number(gradient(film.ways[way][0], at - 1) ?? 0)} so far. What is it after this step?`,
      answer: `${what} ${added(line) ? "gets" : "is now"}`,
      right,
      wrong: [
        added(line) ? ["total", sum(line)] : ["only_last_use", value],
        ["sign", -right],
        ["missing_upstream", partial],
        ["pass_through", upstream],
        ...all.filter((l) => l.what !== what).map((l) => ["swapped_inputs", l.value]),
        ["upstream_twice", value * upstream],
        ["inverted", upstream / partial],
        ...CONSTANTS.map((k) => ["ratio", k * right]),
        ["zero", 0],
      ],
    };
  }

  // A number, a product or a quotient, as the reader typed it; null if it is none.
  function read(text) {
    const typed = text.trim().toLowerCase().replace(/[−–]/g, "-").replace(/,/g, ".");
    if (/^(nan|-?inf)$/.test(typed)) return typed;
    const parts = typed.split(/[*·×]/).map((part) => part.split("/"));
    if (!parts.flat().every((part) => part.trim())) return null;
    const found = parts.map((p) => p.map(factor).reduce((a, b) => a / b)).reduce((a, b) => a * b);
    return Number.isFinite(found) ? found + 0 : null;
  }

  // "ok" or the key of a mistake: what has the same digits as the answer; else what is close to it.
  function judge(text, { right, wrong }) {
    const answer = read(text);
    if (answer === null) return "not_a_number";
    if (answer === right) return "ok";
    const near = ([, x]) => Math.abs(answer - x) <= CLOSE * Math.abs(x);
    const same = ([, x]) => Number.isFinite(x) && number(answer) === number(x + 0);
    const known = [["ok", right], ...wrong].filter(([, x]) => typeof x === "number");
    return (known.find(same) || known.find(near) || ["unknown"])[0];
  }

  const asked = film.frames.map((_, i) => i).filter((i) => film.frames[i].backward && ask(i));
  return { asked, ask, judge };
})();
