"""Fast logarithm: natural logarithms of single precision, fast enough for every feature of every candidate.

The library's is called once a number; this one is arithmetic alone, which the compiler does eight numbers at a time.
"""

from typing import Final

import numpy as np

from models.base.jit import fast_kernel

_THREE_QUARTERS: Final = np.int32(0x3F400000)  # 0.75 as single precision
_LN_2: Final = np.float32(0.693_147_2)
# log(1 + x) / x on [-0.25, 0.5], least squares at 400 Chebyshev nodes.
_C0, _C1, _C2, _C3, _C4, _C5, _C6 = (
    np.float32(value)
    for value in (1.000_000_9, -0.499_986_65, 0.333_143_24, -0.250_605_5, 0.206_759_36, -0.168_271, 0.083_166_48)
)


@fast_kernel
def log32(x: float | np.floating) -> np.float32:
    """Give the natural logarithm of a number above 0, as single precision; off by at most 2e-6 of 1 or of itself."""
    bits = np.float32(x).view(np.int32)
    halvings = (bits - _THREE_QUARTERS) >> 23
    rest = np.int32(bits - (halvings << 23)).view(np.float32) - np.float32(1.0)
    series = _C6
    series = series * rest + _C5
    series = series * rest + _C4
    series = series * rest + _C3
    series = series * rest + _C2
    series = series * rest + _C1
    series = series * rest + _C0
    return np.float32(halvings) * _LN_2 + rest * series
