"""microgd: a minimal scalar autograd engine. The public names, and nothing else.

The engine is here at once; `nn`, `optim` and the rest are loaded when they are first named.
"""

from __future__ import annotations

from . import autograd as autograd
from .later import later
from .ops import (
    abs as abs,
    acos as acos,
    acosh as acosh,
    add as add,
    asin as asin,
    asinh as asinh,
    atan as atan,
    atan2 as atan2,
    atanh as atanh,
    cbrt as cbrt,
    clamp as clamp,
    copysign as copysign,
    cos as cos,
    cosh as cosh,
    div as div,
    dot as dot,
    elu as elu,
    erf as erf,
    erfc as erfc,
    exp as exp,
    exp2 as exp2,
    expm1 as expm1,
    fmod as fmod,
    gelu as gelu,
    gelu_tanh as gelu_tanh,
    hardtanh as hardtanh,
    hypot as hypot,
    leaky_relu as leaky_relu,
    log as log,
    log1p as log1p,
    log2 as log2,
    log10 as log10,
    log_softmax as log_softmax,
    logaddexp as logaddexp,
    logsigmoid as logsigmoid,
    logsumexp as logsumexp,
    max as max,
    maximum as maximum,
    mean as mean,
    min as min,
    minimum as minimum,
    mish as mish,
    mul as mul,
    neg as neg,
    pow as pow,
    primitive as primitive,
    prod as prod,
    relu as relu,
    remainder as remainder,
    selu as selu,
    sigmoid as sigmoid,
    sign as sign,
    silu as silu,
    sin as sin,
    sinh as sinh,
    softmax as softmax,
    softplus as softplus,
    softsign as softsign,
    sqrt as sqrt,
    sub as sub,
    sum as sum,
    tan as tan,
    tanh as tanh,
    where as where,
)
from .recording import (
    detect_anomaly as detect_anomaly,
    enable_grad as enable_grad,
    inference_mode as inference_mode,
    is_grad_enabled as is_grad_enabled,
    lines as lines,
    no_grad as no_grad,
    set_grad_enabled as set_grad_enabled,
)
from .shapes import bool_ as bool, dtype as dtype, float64 as float64, int64 as int64  # noqa: F401
from .tensor_methods import Tensor as Tensor, tensor as tensor  # with its operators
from .value import Value as Value

__version__ = "0.1.0"

TYPE_CHECKING = False
if TYPE_CHECKING:
    from . import (
        distributions as distributions,
        func as func,
        jit as jit,
        learn as learn,
        linalg as linalg,
        nn as nn,
        optim as optim,
        random as random,
        special as special,
        testing as testing,
        utils as utils,
    )
    from .batched import vmap as vmap
    from .check import (
        check_gradient as check_gradient,
        diagnose as diagnose,
        gradcheck as gradcheck,
        numerical_derivative as numerical_derivative,
    )
    from .creation import (
        BoolTensor as BoolTensor,
        DoubleTensor as DoubleTensor,
        FloatTensor as FloatTensor,
        IntTensor as IntTensor,
        LongTensor as LongTensor,
        arange as arange,
        as_tensor as as_tensor,
        bernoulli as bernoulli,
        empty as empty,
        empty_like as empty_like,
        eye as eye,
        from_numpy as from_numpy,
        full as full,
        full_like as full_like,
        linspace as linspace,
        logspace as logspace,
        multinomial as multinomial,
        normal as normal,
        ones as ones,
        ones_like as ones_like,
        rand as rand,
        rand_like as rand_like,
        randint as randint,
        randint_like as randint_like,
        randn as randn,
        randn_like as randn_like,
        randperm as randperm,
        zeros as zeros,
        zeros_like as zeros_like,
    )
    from .devices import (
        Size as Size,
        accelerator as accelerator,
        backends as backends,
        cuda as cuda,
        device as device,
        double as double,
        e as e,
        finfo as finfo,
        float as float,
        float32 as float32,
        get_num_threads as get_num_threads,
        iinfo as iinfo,
        inf as inf,
        int as int,
        int8 as int8,
        int16 as int16,
        int32 as int32,
        long as long,
        mps as mps,
        nan as nan,
        newaxis as newaxis,
        pi as pi,
        set_default_device as set_default_device,
        set_num_threads as set_num_threads,
        short as short,
        uint8 as uint8,
        use_deterministic_algorithms as use_deterministic_algorithms,
        xpu as xpu,
    )
    from .jit import compile as compile
    from .linalg import (
        cholesky as cholesky,
        det as det,
        inverse as inverse,
        logdet as logdet,
        pinverse as pinverse,
        slogdet as slogdet,
    )
    from .random import (
        Generator as Generator,
        default_generator as default_generator,
        get_default_dtype as get_default_dtype,
        get_rng_state as get_rng_state,
        initial_seed as initial_seed,
        manual_seed as manual_seed,
        seed as seed,
        set_default_dtype as set_default_dtype,
        set_rng_state as set_rng_state,
    )
    from .serialization import load as load, save as save
    from .tensor_elements import (
        addcdiv as addcdiv,
        addcmul as addcmul,
        allclose as allclose,
        cdist as cdist,
        ceil as ceil,
        clamp_max as clamp_max,
        clamp_min as clamp_min,
        clip as clip,
        deg2rad as deg2rad,
        dist as dist,
        divide as divide,
        eq as eq,
        equal as equal,
        floor as floor,
        floor_divide as floor_divide,
        frac as frac,
        ge as ge,
        gt as gt,
        isclose as isclose,
        isfinite as isfinite,
        isinf as isinf,
        isnan as isnan,
        le as le,
        lerp as lerp,
        logical_and as logical_and,
        logical_not as logical_not,
        logical_or as logical_or,
        logical_xor as logical_xor,
        logit as logit,
        lt as lt,
        masked_fill as masked_fill,
        multiply as multiply,
        ne as ne,
        negative as negative,
        rad2deg as rad2deg,
        reciprocal as reciprocal,
        round as round,
        rsqrt as rsqrt,
        square as square,
        subtract as subtract,
        true_divide as true_divide,
        trunc as trunc,
        xlogy as xlogy,
    )
    from .tensor_functions import (
        all as all,
        amax as amax,
        amin as amin,
        any as any,
        argmax as argmax,
        argmin as argmin,
        atleast_1d as atleast_1d,
        atleast_2d as atleast_2d,
        cat as cat,
        clone as clone,
        flatten as flatten,
        is_floating_point as is_floating_point,
        is_tensor as is_tensor,
        norm as norm,
        numel as numel,
        permute as permute,
        reshape as reshape,
        squeeze as squeeze,
        stack as stack,
        t as t,
        transpose as transpose,
        unsqueeze as unsqueeze,
    )
    from .tensor_order import (
        argsort as argsort,
        bincount as bincount,
        cumprod as cumprod,
        cumsum as cumsum,
        diff as diff,
        median as median,
        sort as sort,
        std as std,
        std_mean as std_mean,
        topk as topk,
        unique as unique,
        var as var,
        var_mean as var_mean,
    )
    from .tensor_parts import (
        argwhere as argwhere,
        broadcast_tensors as broadcast_tensors,
        broadcast_to as broadcast_to,
        cartesian_prod as cartesian_prod,
        chunk as chunk,
        column_stack as column_stack,
        concat as concat,
        concatenate as concatenate,
        count_nonzero as count_nonzero,
        diag as diag,
        diagonal as diagonal,
        flip as flip,
        fliplr as fliplr,
        flipud as flipud,
        gather as gather,
        hstack as hstack,
        index_add as index_add,
        index_select as index_select,
        masked_select as masked_select,
        meshgrid as meshgrid,
        movedim as movedim,
        narrow as narrow,
        nonzero as nonzero,
        ravel as ravel,
        repeat_interleave as repeat_interleave,
        roll as roll,
        scatter as scatter,
        scatter_add as scatter_add,
        select as select,
        split as split,
        swapaxes as swapaxes,
        swapdims as swapdims,
        take as take,
        take_along_dim as take_along_dim,
        tile as tile,
        trace as trace,
        tril as tril,
        triu as triu,
        unbind as unbind,
        unflatten as unflatten,
        vstack as vstack,
    )
    from .tensor_printing import set_printoptions as set_printoptions
    from .tensor_products import (
        addmm as addmm,
        addmv as addmv,
        bmm as bmm,
        einsum as einsum,
        ger as ger,
        inner as inner,
        matmul as matmul,
        mm as mm,
        mv as mv,
        outer as outer,
    )
    from .tensor_statistics import (
        corrcoef as corrcoef,
        cov as cov,
        histc as histc,
        nanmean as nanmean,
        quantile as quantile,
        trapezoid as trapezoid,
        trapz as trapz,
        vander as vander,
    )
    from .viz import draw as draw, explain as explain, play as play, tree as tree, watch as watch

_engine = [name for name in globals() if not name.startswith("_")]
__getattr__, __dir__, _rest = later(
    __name__,
    {
        "nn": "",
        "optim": "",
        "distributions": "",
        "func": "",
        "batched": "vmap",
        "jit": "compile",
        "check": "check_gradient diagnose gradcheck numerical_derivative",
        "learn": "",
        "linalg": "cholesky det inverse logdet pinverse slogdet",
        "special": "",
        "testing": "",
        "viz": "draw explain play tree watch",
        "utils": "",
        "random": (
            "Generator default_generator get_default_dtype get_rng_state initial_seed manual_seed seed"
            " set_default_dtype set_rng_state"
        ),
        "creation": (
            "BoolTensor DoubleTensor FloatTensor IntTensor LongTensor arange as_tensor bernoulli empty"
            " empty_like eye from_numpy full full_like linspace logspace multinomial normal ones ones_like"
            " rand rand_like randint randint_like randn randn_like randperm zeros zeros_like"
        ),
        "devices": (
            "Size accelerator backends cuda device double e finfo float float32"
            " get_num_threads iinfo inf int int16 int32 int8 long mps nan newaxis pi set_default_device"
            " set_num_threads short uint8 use_deterministic_algorithms xpu"
        ),
        "serialization": "load save",
        "tensor_elements": (
            "addcdiv addcmul allclose cdist ceil clamp_max clamp_min clip deg2rad dist divide eq equal floor"
            " floor_divide frac ge gt isclose isfinite isinf isnan le lerp logical_and logical_not"
            " logical_or logical_xor logit lt masked_fill multiply ne negative rad2deg reciprocal round rsqrt"
            " square subtract true_divide trunc xlogy"
        ),
        "tensor_functions": (
            "all amax amin any argmax argmin atleast_1d atleast_2d cat clone flatten"
            " is_floating_point is_tensor norm numel permute reshape squeeze stack t transpose"
            " unsqueeze"
        ),
        "tensor_order": (
            "argsort bincount cumprod cumsum diff median sort std std_mean topk unique var var_mean"
        ),
        "tensor_parts": (
            "argwhere broadcast_tensors broadcast_to cartesian_prod chunk column_stack concat concatenate"
            " count_nonzero diag diagonal flip fliplr flipud gather hstack index_add index_select"
            " masked_select meshgrid movedim narrow nonzero ravel repeat_interleave roll scatter"
            " scatter_add select split swapaxes swapdims take take_along_dim tile trace tril triu"
            " unbind unflatten vstack"
        ),
        "tensor_printing": "set_printoptions",
        "tensor_statistics": "corrcoef cov histc nanmean quantile trapezoid trapz vander",
        "tensor_products": ("addmm addmv bmm einsum ger inner matmul mm mv outer"),
    },
)

# What `from microgd import *` brings: all but the names of builtins, which it would replace.
_not_for_all = {
    "abs",
    "all",
    "any",
    "bool",
    "compile",
    "float",
    "int",
    "max",
    "min",
    "pow",
    "round",
    "sum",
    "annotations",
    "later",
    "TYPE_CHECKING",
}
__all__ = [name for name in [*_engine, *_rest] if name not in _not_for_all]
