"""What `diagnose_engine` is made of. From the first module to the last, each uses only those before it.

expressions  small expressions: what they are, and how they are written
right        their values and gradients, by this package's own engine
drawn        random ones
shrinking    the smallest that still goes wrong
learner      a learner's engine: what it can do, and what it does with an expression
pushes       what one node passes on to its operands, right and wrong
walks        backward passes with a mistake, as people write them: their order
ends         those that end too early
uses         those that count the uses of a node wrong
passes       those of which something is left for the next one
broken       the known mistakes, and what is said of them
simulated    what an engine with a known mistake computes
naming       which known mistake it is, or what is wrong in the rule of one operation
lost         which contributions are lost, and where, if no mistake is known
facts        what else can be said
trial        the expressions that an engine is tried with, and what it makes of them
verdicts     what is said about it
"""
