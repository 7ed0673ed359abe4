# SPDX-License-Identifier: GPL-3.0-or-later
"""The energy of a block on the air tells nothing about the picture, whatever the picture is.

Pictures that are natural, flat, noisy, or made by gradients through the encoder to push what its blocks hold before
normalisation as far down, or as far up, as pictures can. `docs/security.md` (section 4) rests on this.
"""

import json

import numpy as np
import pytest

from deepjscec.app.pictures import default_picture
from deepjscec.codec import Codec, find_model
from deepjscec.codec.codec import UNTOLD_SNR_DB
from deepjscec.crypto import IsometricCipher, Secret, Session

MODELS = ("photo", "cifar", "lite")
SIDE = 64
STEPS = 80
FLOAT32_ROUNDING = 2e-6
ON_AIR = 1e-4


def checkerboard(period: int) -> np.ndarray:
    cells = np.add.outer(np.arange(SIDE), np.arange(SIDE)) // period % 2
    return np.repeat(cells[..., None] * 255, 3, axis=2).astype(np.uint8)


def one_pixel(value: int) -> np.ndarray:
    image = np.full((SIDE, SIDE, 3), 255 - value, np.uint8)
    image[37, 5] = value
    return image


def stripes(period: int, axis: int) -> np.ndarray:
    lines = np.expand_dims(np.arange(SIDE) // period % 2 * 255, axis)
    return np.repeat(np.broadcast_to(lines, (SIDE, SIDE))[..., None], 3, axis=2).astype(np.uint8)


def pictures() -> dict[str, np.ndarray]:
    """By name, uint8[H, W, 3]. The large one is large enough for unequal shares."""
    rng = np.random.default_rng(0)
    photo = default_picture()
    ramp = np.linspace(0, 255, SIDE).astype(np.uint8)
    named = {
        "natural": photo[:256, 128:384],
        "natural, odd sides": photo[60:107, 200:291],
        "black": np.zeros((SIDE, SIDE, 3), np.uint8),
        "white": np.full((SIDE, SIDE, 3), 255, np.uint8),
        "noise": rng.integers(0, 256, (SIDE, SIDE, 3), np.uint8),
        "binary noise": rng.integers(0, 2, (SIDE, SIDE, 3), np.uint8) * 255,
        "ramp": np.repeat(np.broadcast_to(ramp, (SIDE, SIDE))[..., None], 3, axis=2),
        "white pixel": one_pixel(255),
        "black pixel": one_pixel(0),
        "half black": np.concatenate([np.zeros((SIDE // 2, SIDE, 3)), photo[:32, :SIDE]]).astype(np.uint8),
    }
    named |= {
        f"colour {c}": np.broadcast_to(np.array(c, np.uint8), (SIDE, SIDE, 3)) for c in np.eye(3, dtype=int) * 255
    }
    named |= {f"checkerboard {period}": checkerboard(period) for period in (1, 2, 4, 8, 32)}
    return named | {f"stripes {p} {axis}": stripes(p, axis) for p in (1, 3, 8) for axis in (0, 1)}


def deviations(codec: Codec, image: np.ndarray, rate_index: int) -> tuple[float, float, float]:
    """Largest relative deviation of a block's energy: as encoded, encrypted without dither, and on the air."""
    m = codec.block_size
    codeword = codec.encode(image, codec.rates[rate_index])
    session = Session.start(Secret.random())
    bare, dithered = (IsometricCipher(session, m, dither_db=dither).encrypt for dither in (None, 80.0))
    stages = (codeword, bare(codeword, session.next_packet()), dithered(codeword, session.next_packet()))
    energies = (np.sum(np.abs(z.astype(np.complex128).reshape(-1, m)) ** 2, axis=1) for z in stages)
    return tuple(float(np.abs(energy / m - 1).max()) for energy in energies)  # type: ignore[return-value]


def check(codec: Codec, image: np.ndarray, rate_index: int) -> None:
    encoded, encrypted, on_air = deviations(codec, image, rate_index)
    assert encoded < FLOAT32_ROUNDING
    assert encrypted < FLOAT32_ROUNDING
    assert on_air < ON_AIR


@pytest.fixture(scope="module", params=MODELS)
def codec(request) -> Codec:
    return Codec.load(request.param, threads=1)


@pytest.mark.parametrize("name", pictures())
def test_every_block_of_every_picture_has_its_energy_at_every_rate(codec, name):
    image = pictures()[name]
    for rate_index in range(len(codec.rates)):
        check(codec, image, rate_index)


def test_a_block_off_by_two_in_ten_thousand_is_seen(codec):
    codeword = codec.encode(pictures()["ramp"], codec.rates[0]).copy()
    codeword[: codec.block_size] *= np.float32(1.0001)
    energy = np.sum(np.abs(codeword.astype(np.complex128).reshape(-1, codec.block_size)) ** 2, axis=1)
    assert np.abs(energy / codec.block_size - 1).max() > ON_AIR


class Attack:
    """The shipped encoder in torch, and pictures that gradients through it make."""

    def __init__(self, name: str) -> None:
        torch = pytest.importorskip("torch")
        pytest.importorskip("onnx")
        from deepjscec.training.network import Architecture, Encoder
        from deepjscec.training.weights import read_weights

        folder = find_model(name)
        self.arch = Architecture(**json.loads((folder / "card.json").read_text())["training"]["architecture"])
        weights = read_weights(folder, self.arch)
        self.encoder = Encoder(self.arch).requires_grad_(False)
        own = ((key.removeprefix("encoder."), value) for key, value in weights.items() if key.startswith("encoder."))
        self.encoder.load_state_dict(dict(own))
        self.torch = torch

    def energies(self, planes, tiers: int):
        """Of the blocks that are sent, before normalisation: float32[n, tiers, rows, columns]."""
        a, n = self.arch, len(planes)
        side = SIDE // 32
        sent = self.torch.full((n, 1, side, side), float(tiers))
        latent = self.encoder(planes, sent, self.torch.full((n,), UNTOLD_SNR_DB))
        blocks = latent.reshape(n, a.tiers, 2 * a.tier_channels, side, a.tile, side, a.tile)
        return blocks.square().sum((2, 4, 6))[:, :tiers]

    def run(self, images: np.ndarray, tiers: int, up: bool) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """Pictures uint8[n, H, W, 3] changed so that their weakest block weakens, or all their blocks grow.

        Returns the pictures, and float[n] energies of the weakest (strongest) block before and after.
        """
        torch = self.torch
        planes = torch.from_numpy(images.transpose(0, 3, 1, 2) / np.float32(255)).float()
        free = torch.logit(planes.clamp(0.02, 0.98)).requires_grad_()
        optimiser = torch.optim.Adam([free], lr=0.1)
        extreme = torch.amax if up else torch.amin

        def found() -> np.ndarray:
            return extreme(self.energies(torch.sigmoid(free), tiers).detach(), dim=(1, 2, 3)).numpy()

        before = found()
        for _ in range(STEPS):
            level = torch.log(self.energies(torch.sigmoid(free), tiers))
            loss = -level.mean() if up else (level.amin((1, 2, 3)) + 0.1 * level.mean((1, 2, 3))).sum()
            optimiser.zero_grad()
            loss.backward()
            optimiser.step()
        pixels = torch.sigmoid(free).detach().numpy().transpose(0, 2, 3, 1)
        return np.rint(pixels * 255).astype(np.uint8), before, found()


@pytest.fixture(scope="module")
def attack(codec) -> Attack:
    return Attack(codec.name)


@pytest.mark.parametrize("up", [False, True], ids=["weakest block", "strongest blocks"])
@pytest.mark.parametrize("place", [0, -1], ids=["lowest rate", "highest rate"])
def test_pictures_made_against_the_normalisation_do_not_show(codec, attack, place, up):
    rate_index = range(len(codec.rates))[place]
    tiers = codec.card.rates[rate_index][1]
    rng = np.random.default_rng(1)
    starts = np.stack(
        [
            default_picture()[100 : 100 + SIDE, 200 : 200 + SIDE],
            rng.integers(0, 256, (SIDE, SIDE, 3), np.uint8),
            np.full((SIDE, SIDE, 3), 128, np.uint8),
        ]
    )
    made, before, after = attack.run(starts, tiers, up)
    assert (after > 5 * before).all() if up else (after <= before).all() and after[:2].max() < before[:2].min() / 5
    for image in made:
        check(codec, image, rate_index)


def test_pilots_keep_every_block_away_from_no_energy(codec, attack):
    """A picture cannot take away what the encoder puts into each block (docs/architecture.md, Pilots)."""
    tiers = codec.card.rates[-1][1]
    floor = np.exp(2 * attack.encoder.pilot.log_amplitude.numpy())[:tiers]
    assert floor.min() > 0.1
    for name, image in pictures().items():
        if image.shape[:2] == (SIDE, SIDE):
            planes = attack.torch.from_numpy(np.ascontiguousarray(image.transpose(2, 0, 1))[None] / np.float32(255))
            weakest = attack.energies(planes.float(), tiers).amin((0, 2, 3)).numpy()
            assert (weakest > 0.999 * floor).all(), name
