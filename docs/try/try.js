// The page: the list of exercises, the one that is open, and its buttons. `#tanh` in the address opens an exercise.

import { Editor } from "./editor.js";
import { Progress } from "./progress.js";
import { Python } from "./python.js";
import { Output, download, element, picture, prose } from "./show.js";

const at = (id) => document.getElementById(id);
const course = await (await fetch("course.json")).json().catch(() => null);
if (!course) {
  at("state").textContent = "course.json is not beside the page: python docs/try/build.py makes it.";
  throw new Error("course.json");
}
const { exercises, examples, limit, end } = course;
const progress = new Progress();
const output = new Output(at("output"));
const editor = new Editor(at("code"), at("numbers"), { onrun: () => (open ? check() : run()), onchange: keep });

const isFirst = (one) => exercises.find((other) => other.chapter.number === one.chapter.number) === one;
const ENDED = {
  stopped: "Stopped. Python starts again.",
  timeout: `Still running after ${limit} seconds, so it was stopped. Is there a loop that never ends?`,
  crashed: "Python itself ended while it ran this. Is there a recursion without an end, or an os._exit?",
  absent: "Python could not be loaded, so nothing can run. Is there a connection? Press the button to try again.",
};
const SLOW = "Python is still being loaded. Is the connection slow, or lost? To try again, load the page again.";
const WELCOME = "All of microgd is here, and Python with its standard library. A film in the last line is shown.";

let open = null; // the exercise; null where any program can be written
let running = null; // {of}: what was open when Python was asked; null when it is not asked
let slow = 0; // a timer
const python = new Python(document.querySelector("meta[name=pyodide]").content, tell, print);

// --- Python

function tell(state, word = "") {
  const said = {
    loading: "Python is being loaded (14 MB, the first time) …",
    ready: "Python is ready.",
    busy: "Running …",
    absent: `Python could not be loaded. ${word}`,
  };
  at("state").textContent = said[state];
  at("state").dataset.is = state;
  clearTimeout(slow); // nobody says so when a download breaks off
  if (state === "loading") slow = setTimeout(() => (at("state").textContent = SLOW), 60000);
}

function print(text) {
  if (running?.of === open) output.print(text);
}

// Ask Python. Returns the result, or null and what to say if Python ended before it answered.
async function ask(name, given, seconds) {
  output.clear();
  running = { of: open };
  able();
  if (at("state").dataset.is === "loading") output.wait("Python is not here yet. This begins as soon as it is.");
  try {
    const result = await python.ask(name, given, seconds);
    return [result, ""];
  } catch (ended) {
    return [null, ENDED[ended.kind]];
  } finally {
    running = null;
    able();
    output.settle();
  }
}

function able() {
  for (const id of ["run", "check"]) at(id).disabled = running !== null;
  at("stop").disabled = running === null;
}

// Scroll to what was shown, if it begins below the window's end.
function reveal() {
  const { top } = at("output").getBoundingClientRect();
  if (top > window.innerHeight - 200) at("output").scrollIntoView({ block: "center" });
}

async function run() {
  if (running) return;
  const exercise = open;
  const [shown, ended] = await ask("run", [editor.text]);
  if (open !== exercise) return;
  if (shown) output.show(shown);
  else output.note(ended);
  reveal();
}

async function check() {
  if (running) return;
  const exercise = open;
  const [result, ended] = await ask("check", [exercise.name, progress.data.answers], limit);
  if (result?.ok) {
    progress.pass(exercise);
    list();
  }
  if (open !== exercise) return;
  if (result) output.verdict(result);
  else output.note(ended);
  if (result?.ok && exercises.every((one) => progress.passed(one))) output.add(...prose(end));
  at("solution").disabled = !progress.passed(exercise);
  reveal();
}

// --- what is open

function keep(text) {
  if (open) progress.write(open, text);
  else {
    progress.data.program = text;
    progress.save();
  }
}

function show() {
  const name = decodeURIComponent(location.hash.slice(1));
  open = exercises.find((one) => one.name === name || one.formerly.includes(name)) ?? null;
  progress.data.at = open?.name ?? "";
  progress.save();
  output.clear();
  at("title").textContent = open ? `${open.number} ${open.title}` : "Write a program";
  at("chapter").replaceChildren(...prose(open && isFirst(open) ? open.chapter.text : ""));
  at("text").replaceChildren(...prose(open ? open.text : WELCOME));
  if (!open) at("text").append(goOn());
  illustrate();
  at("main-key").textContent = open ? "checks it" : "runs it";
  editor.open(open ? progress.answer(open) : (progress.data.program ?? examples[0].code));
  at("code").setAttribute("aria-label", open ? `Your answer to ${open.name}` : "Your program");
  at("examples").hidden = Boolean(open);
  buttons();
  list();
  if (name && !open) output.note(`There is no exercise ${name}. The list has all of them.`);
  document.title = `${open ? open.title : "Write a program"} · microgd in the browser`;
}

// Where the course begins, or the first exercise that is not passed.
function goOn() {
  const one = exercises.find((other) => !progress.passed(other));
  if (!one) return element("p", { textContent: end });
  const link = element("a", { href: `#${one.name}`, textContent: `${one.number} ${one.title}` });
  const begun = exercises.some((other) => progress.passed(other));
  return element("p", {}, begun ? "Next in the course: " : "The course begins with ", link, ".");
}

// The picture of the exercise, and the question before it.
async function illustrate() {
  const exercise = open;
  at("picture").replaceChildren();
  at("guess").hidden = !exercise?.guess;
  at("guess").querySelector("label").textContent = `Guess first: ${exercise?.guess}`;
  at("guessed").value = "";
  at("judged").textContent = "";
  if (!exercise) return;
  const answer = await fetch(`pictures/${exercise.name}.html`);
  const html = answer.ok ? await answer.text() : "";
  if (open === exercise) at("picture").replaceChildren(picture(html));
}

async function guess(event) {
  event.preventDefault();
  if (running) return;
  const exercise = open;
  const [said, ended] = await ask("guess", [exercise.name, at("guessed").value]);
  if (open === exercise) at("judged").textContent = said ?? ended;
}

function buttons() {
  for (const id of ["check", "hint", "solution"]) at(id).hidden = !open;
  at("solution").disabled = !(open && progress.passed(open));
  at("run").className = open ? "" : "first";
  at("next").hidden = !open || open === exercises.at(-1);
  at("hints").replaceChildren();
  at("hint").textContent = `Hint 1 of ${open?.hints.length}`;
  at("hint").disabled = false;
  if (open) for (let k = 0; k < (progress.data.hints[open.name] ?? 0); k++) hint(k);
}

function hint(k) {
  at("hints").append(element("section", {}, element("h3", { textContent: `Hint ${k + 1}` }), ...prose(open.hints[k])));
  at("hint").textContent = k + 1 < open.hints.length ? `Hint ${k + 2} of ${open.hints.length}` : "Hint";
  at("hint").disabled = k + 1 >= open.hints.length;
}

function list() {
  const passed = exercises.filter((one) => progress.passed(one)).length;
  at("count").textContent = `The course: ${passed} of ${exercises.length} passed`;
  at("kept").textContent = progress.kept
    ? "This browser keeps your answers."
    : "This browser does not keep your answers: they are gone when the page is closed.";
  const parts = [];
  for (const one of exercises) {
    if (isFirst(one)) {
      parts.push(element("h2", { textContent: `${one.chapter.number}. ${one.chapter.title}` }), element("ol"));
    }
    parts.at(-1).append(element("li", {}, link(one)));
  }
  at("list").replaceChildren(...parts);
  if (open) at("free").removeAttribute("aria-current");
  else at("free").setAttribute("aria-current", "page");
}

function link(exercise) {
  const passed = progress.passed(exercise);
  const mark = element("span", { className: "mark", textContent: passed ? "✓" : "" });
  const made = element("a", { href: `#${exercise.name}` }, mark, `${exercise.number} ${exercise.title}`);
  if (passed) made.title = "passed";
  if (exercise === open) made.setAttribute("aria-current", "page");
  return made;
}

// --- the buttons

const press = (id, what) => at(id).addEventListener("click", what);
press("run", run);
press("check", check);
at("guess").addEventListener("submit", guess);
press("stop", () => python.stop());
press("hint", () => {
  const k = progress.data.hints[open.name] ?? 0;
  if (k >= open.hints.length) return;
  progress.data.hints[open.name] = k + 1;
  progress.save();
  hint(k);
});
press("solution", () => {
  output.clear();
  output.add(element("p", { textContent: "One way to write it:" }), element("pre", { textContent: open.solution }));
});
press("reset", () => editor.replace(open ? open.stub : examples[0].code));
press("save", () => download(open ? `${open.name}.py` : "program.py", editor.text));
press("next", () => (location.hash = exercises[exercises.indexOf(open) + 1].name));
press("forget", () => {
  if (!confirm("Delete all answers and the progress that this browser keeps?")) return;
  progress.forget();
  show();
});
at("example").append(...examples.map((one, k) => element("option", { value: k, textContent: one.title })));
at("example").addEventListener("change", () => editor.replace(examples[at("example").value].code));
progress.onchange(list); // in another window
window.addEventListener("hashchange", () => {
  show();
  at("title").focus();
  fold();
});
const narrow = matchMedia("(max-width: 800px)");
const fold = () => (at("course").open = !narrow.matches);
narrow.addEventListener("change", fold);
fold();
if (!location.hash && progress.data.at) history.replaceState(null, "", `#${progress.data.at}`);
show();
