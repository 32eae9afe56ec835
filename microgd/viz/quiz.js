// The quiz: before a backward frame is shown, the reader is asked for one of its numbers. No frame that is
// asked about, and none after it, is shown before the answer. It uses `player` and `questions`, and
// `film.quiz`, which has what is said about an answer, by the key of the mistake.
(function () {
  const { film, boxes, add, byId, dress, number } = player;
  const { asked: all, ask, judge } = questions;
  const { texts } = film.quiz;
  const answers = new Map(); // by frame: whether the first try was right
  let on = film.quiz.on;
  let asked = -1; // the frame that is asked about
  let tries = 0;

  const button = add(document.body, "button", "Quiz");
  byId("where").after(button);
  button.type = "button";
  button.title = "Be asked for the numbers of the backward pass";
  const form = add(document.body, "form", "", "quiz");
  byId("said").before(form);
  const question = add(form, "p", "", "question");
  question.id = "question";
  const field = add(form, "input", "");
  field.autocomplete = "off";
  field.setAttribute("aria-labelledby", "question");
  const check = add(form, "button", "Check");
  const reveal = add(form, "button", "Show me");
  reveal.type = "button";
  const verdict = add(form, "p", "", "verdict");
  verdict.setAttribute("role", "status");
  const score = add(form, "p", "", "score");

  function draw() {
    form.hidden = !on;
    button.setAttribute("aria-pressed", String(on));
    dress(document.body, "quizzing", on && answers.size < all.length);
    const box = asked < 0 ? -1 : film.frames[asked].box;
    boxes.forEach((other, i) => dress(other, "asked", i === box));
    for (const part of [question, field, check, reveal]) part.hidden = asked < 0;
    question.textContent = "";
    if (asked >= 0) {
      const { given, words } = ask(asked);
      question.append(given);
      add(question, "strong", words);
    }
    const right = [...answers.values()].filter(Boolean).length;
    score.textContent = !answers.size
      ? "Before each step of the backward pass you are asked for a number."
      : `${right} of ${answers.size} right at the first try` +
        (answers.size < all.length ? "." : ": that was the last question.");
  }

  function close(right, words) {
    const { answer, right: x } = ask(asked);
    answers.set(asked, right);
    player.show(asked);
    verdict.textContent = `${words}${answer} ${number(x)}.`;
    byId("next").focus();
  }

  player.gate = (wanted) => {
    const before = asked;
    const next = on ? all.find((i) => !answers.has(i)) : undefined;
    asked = wanted >= next || (wanted === next - 1 && before === next) ? next : -1;
    if (asked !== before) {
      field.value = verdict.textContent = "";
      tries = 0;
    }
    if (asked < 0) return wanted;
    player.pause();
    return asked - 1;
  };

  player.listeners.push(() => {
    const opened = asked >= 0 && field.hidden;
    draw();
    if (!opened) return;
    field.focus({ preventScroll: true });
    form.scrollIntoView({ block: "nearest" }); // where the page is longer than its window
  });

  form.addEventListener("submit", (event) => {
    event.preventDefault();
    if (asked < 0) return;
    const key = judge(field.value, ask(asked));
    if (key === "ok") return close(tries === 0, texts.ok + " ");
    if (key !== "not_a_number") tries += 1;
    verdict.textContent = texts[key];
    field.select();
    form.scrollIntoView({ block: "nearest" });
  });
  reveal.addEventListener("click", () => close(false, ""));
  button.addEventListener("click", () => {
    on = !on;
    answers.clear();
    player.go(on && all.length ? all[0] : player.frame);
  });
})();
