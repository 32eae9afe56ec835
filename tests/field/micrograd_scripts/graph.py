"""A graph drawn by code of one's own: it follows `_prev`, reads `_op`, and builds a graphviz picture."""

from graphviz import Digraph
from micrograd.engine import Value


def trace(root):
    nodes, edges = set(), set()

    def build(v):
        if v not in nodes:
            nodes.add(v)
            for child in v._prev:
                edges.add((child, v))
                build(child)

    build(root)
    return nodes, edges


def picture(root, rankdir="LR"):
    nodes, edges = trace(root)
    dot = Digraph(format="svg", graph_attr={"rankdir": rankdir})
    for n in nodes:
        dot.node(name=str(id(n)), label=f"{{ data {n.data:.4f} | grad {n.grad:.4f} }}", shape="record")
        if n._op:
            dot.node(name=str(id(n)) + n._op, label=n._op)
            dot.edge(str(id(n)) + n._op, str(id(n)))
    for n1, n2 in edges:
        dot.edge(str(id(n1)), str(id(n2)) + n2._op)
    return dot


x = Value(1.0)
y = (x * 2 + 1).relu()
y.backward()
nodes, edges = trace(y)
print(len(nodes), len(edges), x.grad)

a, b = Value(-4.0), Value(2.0)
c = a * b + b**3
d = c * c + (b + a).relu()
d.backward()
nodes, edges = trace(d)
print(len(nodes), len(edges))
for n in sorted(nodes, key=lambda n: (n.data, n.grad, n._op)):
    print(n.data, n.grad, repr(n._op), len(n._prev))
print(type(d._prev).__name__ == "set", c in d._prev, {a, b} == (a * b)._prev, a._prev == set())
print(picture(d).source.count("->"), picture(d).source.count("ReLU") > 0)
