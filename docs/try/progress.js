// What the browser remembers: the answers, which exercises are passed, and where the learner was.

const KEY = "microgd.try";

export class Progress {
  constructor() {
    this.kept = true;
    this.load();
    this.save();
  }

  load() {
    this.data = { answers: {}, passed: [], hints: {}, at: "", program: null };
    try {
      Object.assign(this.data, JSON.parse(localStorage.getItem(KEY) || "{}"));
    } catch {
      this.kept = false;
    }
  }

  // Another window of the page has saved: what it has passed must not be lost.
  onchange(tell) {
    window.addEventListener("storage", () => {
      this.load();
      tell();
    });
  }

  save() {
    try {
      localStorage.setItem(KEY, JSON.stringify(this.data));
    } catch {
      this.kept = false; // not allowed, or full
    }
  }

  // An exercise may have had other names before.
  answer(exercise) {
    const name = [exercise.name, ...exercise.formerly].find((one) => one in this.data.answers);
    return name === undefined ? exercise.stub : this.data.answers[name];
  }

  passed(exercise) {
    return [exercise.name, ...exercise.formerly].some((one) => this.data.passed.includes(one));
  }

  write(exercise, text) {
    this.data.answers[exercise.name] = text;
    this.save();
  }

  pass(exercise) {
    if (!this.passed(exercise)) this.data.passed.push(exercise.name);
    this.save();
  }

  forget() {
    localStorage.removeItem(KEY);
    this.load();
  }
}
