"""Pictures of graphs: one plain description of a drawing, and printers for it.

    graph      the record of a loss, taken down as plain data
    model      the description: boxes, ports, edges, groups, captions
    dot        the printer to Graphviz's language, `render` the way from there to SVG and PNG
    text       the printer to a text tree, `paths` a gradient in words
    film       backpropagation frame by frame, as plain data; `player` its printer to HTML
    drawing    what users hold in their hands

It uses `autograd` and nothing else of ours; a model is known by its methods alone.
"""

from __future__ import annotations

from .drawing import Drawing as Drawing, draw as draw
from .paths import explain as explain
from .player import Player as Player, play as play
from .text import tree as tree
