"""NVIDIA's compiler of kernels at run time, which needs no GPU: sources become PTX for a GPU that is not there."""

from __future__ import annotations

import ctypes
import ctypes.util
import importlib.util
from functools import cache
from pathlib import Path

from .compiler import Failed


class Nvrtc:
    """
    The compiler, by its C interface.

    Args:
        path: Its library.
    """

    def __init__(self, path: str) -> None:
        self._library = ctypes.CDLL(path)

    @staticmethod
    @cache
    def found() -> Nvrtc | None:
        """
        Return the compiler of the package nvidia-cuda-nvrtc, else that of an installed CUDA; None if there is neither.
        """
        for name in ("nvidia.cuda_nvrtc", "nvidia.cu13"):
            try:
                spec = importlib.util.find_spec(name)
            except ModuleNotFoundError:
                continue
            for place in (spec.submodule_search_locations or ()) if spec else ():
                for path in sorted(Path(place, "lib").glob("libnvrtc.so.*")):
                    return Nvrtc(str(path))
        path = ctypes.util.find_library("nvrtc")
        return None if path is None else Nvrtc(path)

    def ptx(
        self, source: str, architecture: str, options: tuple[str, ...] = (), *, whole: bool = False
    ) -> str:
        """
        Return the source in PTX, for an architecture such as "sm_90".

        ``whole`` takes it further, to what a GPU is given, and fails where it asks for more memory than a block has.
        """
        kind = architecture if whole else architecture.replace("sm", "compute")
        program = ctypes.c_void_p()
        none = ctypes.c_int(0)
        self._check(
            self._library.nvrtcCreateProgram(
                ctypes.byref(program), source.encode(), b"kernel.cu", none, None, None
            )
        )
        try:
            given = [f"--gpu-architecture={kind}", "--std=c++17", *options]
            array = (ctypes.c_char_p * len(given))(*(one.encode() for one in given))
            status = self._library.nvrtcCompileProgram(program, len(given), array)
            if status:
                raise Failed(self._text(program, "ProgramLog"))
            return self._text(program, "PTX")
        finally:
            self._library.nvrtcDestroyProgram(ctypes.byref(program))

    def _text(self, program: ctypes.c_void_p, what: str) -> str:
        size = ctypes.c_size_t()
        self._check(getattr(self._library, f"nvrtcGet{what}Size")(program, ctypes.byref(size)))
        text = ctypes.create_string_buffer(size.value)
        self._check(getattr(self._library, f"nvrtcGet{what}")(program, text))
        return text.value.decode()

    @staticmethod
    def _check(status: int) -> None:
        if status:
            raise Failed(f"nvrtc says {status}")
