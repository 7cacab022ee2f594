"""Keep the memory of large tensors with the process (glibc on Linux only).

By default glibc gives every block above a threshold back to the kernel when it is freed, and the kernel hands it out
again page by page, each page zeroed under a fault. A network allocates the same large activations in every step, so on
a CPU up to half of the time goes into those faults. Raising the two thresholds makes freed blocks stay in the heap. The
price: memory once used is not returned to the system until the process ends.
"""

import ctypes
import functools
import logging
import os
import sys

logger = logging.getLogger(__name__)

# Numbers of the options in glibc's <malloc.h>.
_M_TRIM_THRESHOLD = -1
_M_MMAP_THRESHOLD = -3

_KEEP_BELOW_BYTES = 1 << 30  # Blocks up to this size come from the heap.
_TRIM_ABOVE_BYTES = (1 << 31) - 1  # The largest value that mallopt's int argument holds.

_ENVIRONMENT = ("MALLOC_MMAP_THRESHOLD_", "MALLOC_TRIM_THRESHOLD_")


@functools.cache
def keep_freed_memory() -> bool:
    """Ask glibc to keep freed blocks for reuse; True if it agreed. Call it before the first large tensor.

    Only the first call of a process acts. Nothing happens, and False is returned, on another system or C library, or if
    the user set one of the MALLOC_*_THRESHOLD_ environment variables: theirs wins.
    """
    if sys.platform != "linux" or any(name in os.environ for name in _ENVIRONMENT):
        return False
    try:
        glibc = ctypes.CDLL(None)
        glibc.gnu_get_libc_version  # noqa: B018  (musl has mallopt's name but none of its meaning)
        mallopt = glibc.mallopt
    except (OSError, AttributeError):
        logger.debug("The C library is not glibc; its allocator keeps its own settings.")
        return False
    mallopt.argtypes, mallopt.restype = (ctypes.c_int, ctypes.c_int), ctypes.c_int
    kept = mallopt(_M_MMAP_THRESHOLD, _KEEP_BELOW_BYTES) == 1
    result: bool = mallopt(_M_TRIM_THRESHOLD, _TRIM_ABOVE_BYTES) == 1 and kept
    return result
