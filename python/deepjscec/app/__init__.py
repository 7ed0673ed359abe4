# SPDX-License-Identifier: GPL-3.0-or-later
"""What the programs share: pictures in, measurements and reports out. Imports no GNU Radio."""
