"""Pictures of graphs: one plain description of a drawing, and printers for it.

    graph      the record of a loss, taken down as plain data
    model      the description: boxes, ports, edges, groups, captions
    layout     where everything stands: `nesting` of frames, `columns`, `heights`
    dot        prints it in Graphviz's language; `measure` asks for sizes, `render` makes SVG and PNG of that
    text       prints the graph as a text tree; `paths` explains a gradient in words
    film       backpropagation frame by frame, as plain data; `player` prints it as HTML, `stage` its picture
    recorder   a training as a film
    drawing    what users get; `target` says which files it can write
    command    `microgd draw`, `play` and `tree`; `script` runs the script

It uses `autograd`, and `jit` for the JavaScript of `recorder`. Of a model it uses only the methods.
"""

from __future__ import annotations

from .drawing import Drawing as Drawing, draw as draw
from .paths import explain as explain
from .player import Player as Player, play as play
from .recorder import Watch as Watch, watch as watch
from .text import tree as tree
