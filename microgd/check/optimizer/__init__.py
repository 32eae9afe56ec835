"""What `optimizers` and `training` compare a learner's steps with.

updates     the right update of microgd.optim, with places where a mistake can be put in
known       the table of the mistakes that have a name: those of decay, momentum, means,
                relatives and steps
families    mistakes that come in families: which beta stands where, along what a step goes
settings    which value an option really has
naming      which of these rules takes the learner's steps
parameters  what the learner's code is given, and what is read of it
trials      the loss, and the number of steps
"""
