# SPDX-License-Identifier: GPL-3.0-or-later
"""Separate source and channel coding, the conventional system that learned codewords are measured against."""
