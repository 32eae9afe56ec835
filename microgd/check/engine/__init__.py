"""What `diagnose_engine` is made of. From the first module to the last, each uses only those before it.

expressions  small expressions: what they are, and how they are written
right        their values and gradients, by this package's own engine
drawn        random ones
shrinking    the smallest that still goes wrong
learner      a learner's engine: what it can do, and what it does with an expression
walks        backward passes with a mistake, as people write them
broken       the known mistakes, and what they compute
facts        what can be said when no mistake is known
naming       which known mistake it is, or what is wrong in the rule of one operation
"""
