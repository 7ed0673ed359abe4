# SPDX-License-Identifier: GPL-3.0-or-later
"""Encrypted deep joint source-channel coding of pictures over software-defined radio."""

__version__ = "0.1.0"
