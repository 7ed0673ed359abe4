# SPDX-License-Identifier: GPL-3.0-or-later
"""Several processes that train one model together, as torchrun starts them; one process is a group of one."""

from __future__ import annotations

import os
from collections.abc import Iterable
from types import TracebackType

import torch
from torch import distributed


class ProcessGroup:
    """Rank and device of this process, and what it does together with the others."""

    def __init__(self, rank: int = 0, size: int = 1, device: torch.device | None = None) -> None:
        self.rank, self.size, self.device = rank, size, device or torch.device("cpu")

    @classmethod
    def from_environment(cls, device: str = "") -> ProcessGroup:
        """The group that torchrun's environment describes. `device` is `cpu`, `cuda`, or empty for the best."""
        size, rank = int(os.environ.get("WORLD_SIZE", "1")), int(os.environ.get("RANK", "0"))
        name = device or ("cuda" if torch.cuda.is_available() else "cpu")
        if size > 1 and name == "cuda":
            name = f"cuda:{os.environ.get('LOCAL_RANK', '0')}"
        try:
            chosen = torch.device(name)
            torch.empty(1, device=chosen)
        except (RuntimeError, AssertionError) as error:  # no such device, or torch is built without it
            raise ValueError(f"device {name!r}: {str(error).splitlines()[0]}") from None
        if size > 1:
            distributed.init_process_group("nccl" if chosen.type == "cuda" else "gloo")
        return cls(rank, size, chosen)

    def __enter__(self) -> ProcessGroup:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self.size > 1:
            if kind is None:  # who leaves first would break the connections of one that still validates
                distributed.barrier()
            distributed.destroy_process_group()

    def average_gradients(self, parameters: Iterable[torch.nn.Parameter]) -> None:
        """Replace each gradient by its mean over the processes, in one exchange."""
        if self.size == 1:
            return
        gradients = [p.grad for p in parameters if p.grad is not None]
        flat = torch.cat([gradient.reshape(-1) for gradient in gradients])
        distributed.all_reduce(flat)
        flat /= self.size
        for gradient, mean in zip(gradients, flat.split([gradient.numel() for gradient in gradients])):
            gradient.copy_(mean.view_as(gradient))

    def share_first(self, parameters: Iterable[torch.nn.Parameter]) -> None:
        """Give every process the first one's weights."""
        if self.size > 1:
            for parameter in parameters:
                distributed.broadcast(parameter.data, 0)

    def any(self, flag: bool) -> bool:
        """Whether any process says so; all learn the same answer."""
        if self.size == 1:
            return flag
        votes = torch.tensor([float(flag)], device=self.device)
        distributed.all_reduce(votes)
        return bool(votes.item())
