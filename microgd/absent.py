"""What microgd leaves out of PyTorch, and why: the sentence of the AttributeError that names it.

The page docs/parity.md lists the same, and is made from this table. This module uses nothing of ours.
"""

from __future__ import annotations

from fnmatch import fnmatchcase

NOT_ASKED = (
    "scripts that make sense on scalars did not ask for it; it is a line of arithmetic, or of NumPy with"
    " `x.detach().numpy()`"
)

ABSENT: list[tuple[str, dict[str, str]]] = [
    (
        "convolutions, pooling and images are millions of scalar nodes: they want an engine of arrays",
        {
            "": "conv* avg_pool* max_pool* adaptive_* pixel_* channel_shuffle constant_pad_nd",
            "nn": "*Conv* *Pool* *Unpool* *Fold Unfold Pixel* *Upsampl* *Pad1d *Pad2d *Pad3d"
            " Channel* Softmax2d CrossMapLRN2d LocalResponseNorm",
            "nn.functional": "conv* *pool* *unpool* *fold pixel_* *upsample* interpolate pad affine_grid"
            " grid_sample *channel_shuffle local_response_norm",
            "nn.init": "dirac*",
        },
    ),
    (
        "transformers are millions of scalar nodes; of attention there is"
        " `nn.functional.scaled_dot_product_attention`",
        {
            "nn": "Transformer* MultiheadAttention EmbeddingBag AdaptiveLogSoftmaxWithLoss",
            "nn.functional": "multi_head_attention_forward embedding_bag",
        },
    ),
    (
        "the recurrent layers are `nn.RNN`, `nn.GRU` and `nn.LSTM`, and each has its cell. The sequences of a"
        " batch are of one length: call the layer for each of another length",
        {"": "lstm* gru* rnn_*", "nn": "RNNBase RNNCellBase", "nn.utils": "rnn"},
    ),
    (
        "running statistics have no place in a graph of scalars, and their batches would be large;"
        " `nn.LayerNorm` and `nn.RMSNorm` serve small models",
        {
            "": "batch_norm* group_norm instance_norm",
            "nn": "*BatchNorm* *InstanceNorm* GroupNorm",
            "nn.functional": "batch_norm group_norm instance_norm",
            "nn.utils": "fuse_* fusion",
        },
    ),
    (
        "everything is float64 on the processor",
        {
            "": "half float16 bfloat16 float8* cfloat cdouble chalf complex* q*int* quint*"
            " quantize* *quantized* fake_quantize* cuda.* amp autocast* *autocast GradScaler"
            " set_float32_matmul_precision Stream Event channels_last* memory_format *_format"
            " strided sparse* layout mtia xpu.* mps.* backends.* accelerator.*"
            " set_default_tensor_type get_default_device HalfTensor BFloat16Tensor pin_memory",
            "nn": "SyncBatchNorm quantized quantizable qat intrinsic",
            "nn.Module": "half bfloat16 cuda xpu mtia ipu type to_empty share_memory",
            "optim": "SparseAdam",
            "nn.utils": "*memory_format",
        },
    ),
    (
        "one process computes everything; `microgd.compile` makes it fast, and can print it for jax, which"
        " computes on many devices",
        {
            "": "distributed multiprocessing futures fork wait",
            "nn": "DataParallel parallel",
            "utils.data": "DistributedSampler distributed get_worker_info",
        },
    ),
    (
        "`microgd.compile` is for that: it traces a function and writes its code",
        {
            "": "fx export onnx package library classes compiler Script*",
            "nn.Module": "compile",
            "jit": "script script_method trace_module ScriptModule freeze save load",
            "utils": "mobile_optimizer bundled_inputs",
        },
    ),
    (
        "there are no hooks and no registry: a Module is made of its attributes, and every Value keeps its"
        " gradient, which can be looked at after backward()",
        {
            "nn": "Buffer Uninitialized* Lazy* Container",
            "nn.Module": "register_*hook* get_extra_state set_extra_state set_submodule",
            "nn.utils": "parametriz* *weight_norm *spectral_norm skip_init stateless",
            "autograd": "graph",
            "func": "functionalize stack_module_state linearize debug_unwrap",
            "utils": "hooks",
        },
    ),
    (
        "the optimizers and schedulers are those that small models are trained with",
        {
            "optim": "ASGD Adafactor Muon RAdam Rprop swa_utils",
            "optim.lr_scheduler": "ChainedScheduler CosineAnnealingWarmRestarts CyclicLR"
            " MultiplicativeLR PolynomialLR",
        },
    ),
    (
        "it is a line of arithmetic on Values",
        {
            "nn": "CELU GLU Hardshrink Hardsigmoid Hardswish RReLU ReLU6 Softmin Softshrink"
            " Tanhshrink Threshold Bilinear PairwiseDistance CTCLoss"
            " GaussianNLLLoss LinearCrossEntropy* Multi*Loss NLLLoss2d"
            " PoissonNLLLoss SoftMarginLoss TripletMarginWithDistanceLoss AlphaDropout FeatureAlphaDropout"
            " Dropout?d Unflatten",
            "nn.functional": "celu glu hardshrink hardsigmoid hardswish rrelu relu6 softmin softshrink"
            " tanhshrink threshold bilinear pairwise_distance pdist ctc_loss"
            " gaussian_nll_loss multi_margin_loss multilabel_*"
            " poisson_nll_loss soft_margin_loss triplet_margin_with_distance_loss alpha_dropout"
            " feature_alpha_dropout dropout?d gumbel_softmax linear_cross_entropy",
            "nn.init": "sparse* trunc_normal_ eye_",
        },
    ),
    (
        "whole matrices are factored by NumPy and SciPy: use `x.detach().numpy()`",
        {
            "": "svd* qr lu* cholesky_* solve lstsq eig symeig matrix_exp matrix_power matrix_rank"
            " lobpcg orgqr ormqr geqrf triangular_solve pca_lowrank fft stft istft *_window signal",
            "linalg": "svd* qr lu* ldl* cholesky_* eig* cond matrix_exp matrix_power matrix_rank"
            " householder_product solve_triangular tensorinv tensorsolve inv_ex solve_ex",
        },
    ),
    (
        "it has no meaning without arrays of memory, files or threads of PyTorch's own",
        {
            "": "*Storage Storage* hub utils.cpp_extension cpp dlpack from_dlpack to_dlpack"
            " as_strided* profiler monitor nested overrides masked",
            "autograd": "profiler profiler_util forward_ad set_multithreading_enabled",
            "utils": "tensorboard checkpoint bottleneck cpp_extension dlpack model_zoo benchmark",
        },
    ),
    ("tensors have had its powers since PyTorch 0.4: use the Tensor itself", {"autograd": "Variable"}),
    (
        "`microgd.distributions` has Categorical, Bernoulli and Normal; the draws of others are Python's and"
        " NumPy's",
        {
            "": "binomial poisson quasirandom",
            "distributions": "Beta Binomial Cauchy Chi2 ContinuousBernoulli Dirichlet Expon* FisherSnedecor"
            " G* Half* Independent InverseGamma Kumaraswamy LKJCholesky Laplace Log* LowRank* Mixture*"
            " Multi* NegativeBinomial OneHot* Pareto Poisson Relaxed* StudentT Transform* *Transform Uniform"
            " VonMises Weibull Wishart kl* register_kl biject_to transform_to constraint* transforms",
        },
    ),
    (
        "it is in `nn.functional`",
        {"": "layer_norm rms_norm dropout embedding kl_div cosine_similarity *_loss"},
    ),
    (
        "a dataset has a length here: subclass `Dataset`",
        {"utils.data": "IterableDataset ChainDataset *DataPipe datapipes"},
    ),
    (
        NOT_ASKED,
        {
            "": "tensor_split dstack rot90 tril_indices triu_indices diag_embed combinations"
            " absolute arc* erfinv lgamma digamma positive sgn fmax fmin heaviside nan_to_num"
            " bitwise_* is_complex is_nonzero aminmax kthvalue mode cummax"
            " cummin logcumsumexp searchsorted bucketize vdot baddbmm tensordot kron cross"
            " is_inference_mode_enabled quantization detach asarray",
            "special": "airy_ai bessel* chebyshev* digamma entr erfcx erfinv gamma* hermite* i0* i1*"
            " laguerre* legendre* log_ndtr modified* multigammaln ndtr* polygamma psi round scaled* shifted*"
            " sinc spherical* xlog1py zeta",
            "linalg": "cross diagonal matmul multi_dot vander vecdot",
            "utils.data": "BatchSampler ConcatDataset StackDataset Sampler SubsetRandomSampler"
            " WeightedRandomSampler default_convert",
        },
    ),
]
"""Reasons, and the names that are left out for each: by module ("" is microgd itself), as patterns."""

PAGE = 'docs/parity.md, "Left out on purpose"'


def reason(module: str, name: str) -> str:
    """Why microgd.<module> has no such name; "" if it is in no list."""
    for why, names in ABSENT:
        if any(fnmatchcase(name, pattern) for pattern in names.get(module, "").split()):
            return why
    return ""


def sentence(package: str, name: str) -> str:
    """The whole sentence for `package.name`."""
    module = package.partition(".")[2]
    why = reason(module, name) or reason("", f"{module}.{name}")
    if why:
        return f"microgd leaves out torch's {f'{module}.{name}'.lstrip('.')}: {why}. See {PAGE}."
    return f"module {package!r} has no attribute {name!r} (what of PyTorch is left out: {PAGE})"
