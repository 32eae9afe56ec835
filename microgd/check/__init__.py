"""Is this gradient right, how sure can one be, and if it is wrong, which mistake is it?

Three questions. Each of the first three functions uses the one before it:

    numerical_derivative(f, x, noise=None) -> Derivative(value, error, kind, left, right)
        the derivative of a plain function of one float, measured, with a bound on its own error
        (`numerical`)

    gradcheck(f, inputs, order=1, raise_exception=True) -> Report
        the verdict on every gradient of a function of Values (`gradients`)

    diagnose(f, rule, sample=None, points=24, seed=0) -> Diagnosis(ok, key, inputs, message)
        the name of the mistake in a backward rule (`rules`)

          f       f(*xs) -> a float, or a list of floats
          rule    rule(*xs, out, g) -> the gradient of each input. If there is one input, a plain number
                  will do. `out` is what f returned, `g` the upstream gradient: two floats, or two
                  lists if f returns a list
          sample  sample(random) -> the inputs of one point; without it they are drawn where f is
                  defined and smooth
          points  at how many points to compare
          seed    chooses the points

    diagnose_engine(value, backward=None, twice=True, seed=0) -> Diagnosis     (`engines`)

          value     value(number) makes a leaf. `+` and `*` join what it makes; what else it can do is
                    found out. `.grad` (a number or None) is read after backward
          backward  backward(root) fills in the gradients; without it, root.backward()
          twice     whether a second backward() must add exactly (3 * x**2 and then 6 * x**2 for x**3),
                    of the same root or of another

    diagnose_optimizer(optimizer, kind="sgd", seed=0, **options) -> Diagnosis  (`optimizers`)

          optimizer  optimizer(parameters, **options) makes an object with step() and zero_grad();
                     a parameter has `.data` and `.grad`, two floats (grad may become None)
          kind       which rule it should follow: "sgd" or "adam"
          options    torch's: lr, momentum, weight_decay, betas, eps. The optimizer is called with
                     those that are given

    diagnose_training(train, kind="sgd", seed=0, **options) -> Diagnosis       (`optimizers`)

          train    train(parameters, loss, steps): the learner's whole loop. loss() returns an object
                   whose backward() adds to the gradient of each parameter

A Diagnosis is true when all is well and prints as its message. `ok` is a bool, `key` the short name
of the mistake, `inputs` the positions of the inputs with a wrong gradient, `message` the sentence.
An exception in the learner's code becomes a Diagnosis with key "raises". An endless loop is not ended: run
such code in a process with a time limit.
"""

from __future__ import annotations

from ..later import later

TYPE_CHECKING = False
if TYPE_CHECKING:
    from .diagnosis import Diagnosis as Diagnosis
    from .engines import diagnose_engine as diagnose_engine
    from .gradients import GradcheckError as GradcheckError, Report as Report, gradcheck as gradcheck
    from .numerical import Derivative as Derivative, numerical_derivative as numerical_derivative
    from .optimizers import diagnose_optimizer as diagnose_optimizer, diagnose_training as diagnose_training
    from .rules import diagnose as diagnose

__getattr__, __dir__, __all__ = later(
    __name__,
    {
        "numerical": "Derivative numerical_derivative",
        "gradients": "GradcheckError Report gradcheck",
        "diagnosis": "Diagnosis",
        "rules": "diagnose",
        "engines": "diagnose_engine",
        "optimizers": "diagnose_optimizer diagnose_training",
    },
)
