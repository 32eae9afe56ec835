// The page's side of the worker: functions of session.py as promises, a time limit, and Stop.

export class Ended extends Error {
  constructor(kind, why = "") {
    super(why);
    this.kind = kind; // "stopped", "timeout", "crashed" or "absent"
  }
}

export class Python {
  // place     where pyodide is
  // onstate   what to do when Python is "loading", "ready", "busy" or "absent"
  // onprint   what to do with a text that was printed
  constructor(place, onstate, onprint) {
    this.place = new URL(place, document.baseURI).href;
    this.onstate = onstate;
    this.onprint = onprint;
    this.count = 0;
    this.asked = null;
    this.start();
  }

  start() {
    this.absent = false;
    this.onstate("loading");
    this.worker = new Worker(new URL("worker.js", import.meta.url), { type: "module" });
    this.ready = new Promise((resolve) => (this.isReady = resolve));
    this.worker.onmessage = ({ data }) => this.hear(data);
    this.worker.onerror = (event) => this.hear({ ended: "absent", why: event.message || "" });
    this.worker.postMessage({ place: this.place });
  }

  hear(data) {
    if (data.printed !== undefined) this.onprint(data.printed);
    else if (data.ready) {
      this.onstate("ready", data.ready);
      this.isReady();
    } else if (data.ended === "absent") {
      this.absent = true;
      this.onstate("absent", data.why);
      this.fail("absent", data.why);
    } else if (data.ended) this.stop(data.ended, data.why);
    else if (this.asked?.id === data.id) {
      const { resolve } = this.asked;
      this.finish();
      this.onstate("ready");
      resolve(data.result);
    }
  }

  // Ask for a function of session.py. Rejected with Ended if Python ends before it answers.
  ask(name, given, seconds = Infinity) {
    if (this.absent) this.stop(); // try again
    const id = ++this.count;
    return new Promise((resolve, reject) => {
      this.asked = { id, resolve, reject, timer: 0 };
      this.ready.then(() => {
        if (this.asked?.id !== id) return;
        this.onstate("busy");
        this.worker.postMessage({ id, name, given });
        if (seconds < Infinity) this.asked.timer = setTimeout(() => this.stop("timeout"), 1000 * seconds);
      });
    });
  }

  // End what runs, and start Python anew.
  stop(kind = "stopped", why = "") {
    this.worker.terminate();
    this.fail(kind, why);
    this.start();
  }

  fail(kind, why) {
    const asked = this.asked;
    this.finish();
    asked?.reject(new Ended(kind, why));
  }

  finish() {
    clearTimeout(this.asked?.timer);
    this.asked = null;
  }
}
