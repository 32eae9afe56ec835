// Python, in a thread of its own: the page stays alive while a program runs, and can end it.
//
// The page sends {id, name, given}: a function of session.py and its arguments as JSON. The worker sends
// {ready}, {printed}, {id, result}, and {ended, why} when Python cannot go on.

const post = (message) => self.postMessage(message);

async function load(place) {
  const { loadPyodide } = await import(new URL("pyodide.mjs", place));
  const core = fetch(new URL("microgd.zip", self.location)).then((answer) => {
    if (!answer.ok) throw new Error(`microgd.zip is not beside the page (${answer.status})`);
    return answer.arrayBuffer();
  });
  const python = await loadPyodide({ indexURL: place, stdin: () => undefined });
  python.unpackArchive(await core, "zip");
  const session = python.pyimport("session");
  session.tell = (text) => post({ printed: text });
  post({ ready: python.runPython("import sys; '.'.join(map(str, sys.version_info[:3]))") });
  return session;
}

let session;

self.onmessage = async ({ data }) => {
  if (data.place) {
    session = load(data.place);
    session.catch((error) => post({ ended: "absent", why: String(error) }));
    return;
  }
  try {
    const answer = (await session).answer(data.name, JSON.stringify(data.given));
    post({ id: data.id, result: JSON.parse(answer) });
  } catch (error) {
    post({ ended: "crashed", why: String(error) });
  }
};
