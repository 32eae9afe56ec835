"""For the longer demos: a progress bar, and Ctrl-C to stop early and keep what is learned."""

import signal
import sys
import time


class Progress:
    """Counts steps, and shows how far it is.

        progress = Progress(100)
        for step in progress:
            ...
            progress.tell(f"loss {loss.item():.3f}")

    A compiled training has a callback in place of the loop:

        with Progress(1000) as progress:
            train(points, labels, steps=1000, callback=progress.after, every=10)

    In a terminal it is tqdm's bar, if that is installed; else a line now and then. Ctrl-C ends the loop
    after the step that is running, and the program goes on from there; pressed again, it ends that too.
    """

    def __init__(self, steps):
        self.steps = steps
        self.stopped = False

    def __enter__(self):
        self._begin = time.monotonic()
        self._step = 0
        self._told = -1
        self._bar = self._tqdm()
        self._usual = signal.signal(signal.SIGINT, self._stop)
        return self

    def __exit__(self, kind, *_):
        signal.signal(signal.SIGINT, self._usual)
        if self._bar is not None:
            self._bar.close()
        if self.stopped and kind is None:
            print(f"Stopped after step {self._step} of {self.steps}: this is what it has learned so far.")

    def __iter__(self):
        with self:
            for step in range(self.steps):
                self._step = step + 1
                yield step
                if self._bar is not None:
                    self._bar.update()
                if self.stopped:
                    break

    def after(self, step, loss):
        """Show the loss of a step that is done. Returns whether to stop."""
        if self._bar is not None:
            self._bar.update(step - self._step)
        self._step = step
        self.tell(f"loss {loss:.4f}")
        return self.stopped

    def tell(self, text):
        """Show a text beside the bar; without a bar, print twenty lines from start to end."""
        part = self._step * 20 // self.steps
        if self._bar is not None:
            self._bar.set_postfix_str(text, refresh=False)
        elif part > self._told:
            self._told = part
            seconds = time.monotonic() - self._begin
            print(f"step {self._step:5} of {self.steps}  {seconds:5.1f} s  {text}", flush=True)

    def _tqdm(self):
        try:
            from tqdm import tqdm
        except ImportError:
            return None
        return tqdm(total=self.steps, unit="step") if sys.stderr.isatty() else None

    def _stop(self, *_):
        self.stopped = True
        signal.signal(signal.SIGINT, signal.default_int_handler)
