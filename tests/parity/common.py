"""The names of `torch` that tutorials and small scripts use: each is here, or left out for a reason.

They are PyTorch's own introductions (tensors, autograd, nn, optim, data, saving, func), the scripts that
teach regression, classification, character models and attention, and the index of the reference where it
lists creation, indexing, arithmetic, comparison, reduction, products and randomness.
"""

_NAMES = """
Tensor tensor as_tensor asarray from_numpy is_tensor numel Size Generator device dtype zeros ones empty
full eye arange linspace logspace zeros_like ones_like empty_like full_like rand randn randint randperm
rand_like randn_like randint_like normal bernoulli multinomial poisson manual_seed seed initial_seed
get_rng_state set_rng_state FloatTensor DoubleTensor LongTensor IntTensor BoolTensor float float32
float64 double half float16 bfloat16 int int8 int16 int32 int64 long short uint8 bool complex64
complex128 inf nan pi e newaxis finfo iinfo get_default_dtype set_default_dtype set_default_device
set_printoptions set_num_threads get_num_threads use_deterministic_algorithms set_default_tensor_type
set_float32_matmul_precision cat concat stack chunk split tensor_split hstack vstack dstack column_stack
unbind reshape flatten ravel unflatten squeeze unsqueeze transpose t permute movedim swapaxes tile
repeat_interleave roll flip fliplr flipud rot90 broadcast_to broadcast_tensors index_select masked_select
gather scatter scatter_add take take_along_dim where nonzero argwhere narrow select tril triu
tril_indices triu_indices diag diagonal diag_embed meshgrid cartesian_prod combinations one_hot
as_strided abs absolute add sub subtract mul multiply div divide true_divide floor_divide remainder fmod
pow square sqrt rsqrt exp exp2 expm1 log log2 log10 log1p sin cos tan asin acos atan atan2 arcsin arccos
arctan sinh cosh tanh asinh acosh atanh sigmoid logit relu softmax log_softmax erf erfc erfinv lgamma
digamma neg negative positive reciprocal sign sgn floor ceil round trunc frac clamp clip clamp_min
clamp_max lerp addcmul addcdiv hypot logaddexp maximum minimum fmax fmin heaviside nan_to_num deg2rad
rad2deg eq ne lt le gt ge equal allclose isclose isnan isinf isfinite all any logical_and logical_or
logical_not logical_xor bitwise_and bitwise_or bitwise_not bitwise_xor is_floating_point is_complex
is_nonzero sum mean prod max min amax amin aminmax argmax argmin argsort sort topk kthvalue median mode
quantile std var std_mean var_mean norm dist logsumexp cumsum cumprod cummax cummin logcumsumexp
count_nonzero unique bincount histc diff searchsorted bucketize matmul mm bmm mv dot vdot inner outer ger
addmm addmv baddbmm einsum tensordot kron cross trace cdist linalg inverse det svd qr cholesky no_grad
enable_grad inference_mode set_grad_enabled is_grad_enabled is_inference_mode_enabled autograd func vmap
nn optim utils data random save load compile jit cuda mps xpu backends accelerator amp autocast
distributed distributions multiprocessing fx onnx export hub profiler quantization sparse fft special
__version__ conv1d conv2d max_pool1d avg_pool1d batch_norm layer_norm group_norm lstm gru dropout
embedding cosine_similarity clone detach tensorboard rms_norm kl_div
"""
COMMON = _NAMES.split()

NOT_OF_TORCH = {"one_hot", "data", "tensorboard"}  # of torch.nn.functional and torch.utils
