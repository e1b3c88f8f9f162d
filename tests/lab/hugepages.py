"""Hugepages of the machine that the labs run on."""

import pathlib


def raise_hugepages(wanted):
    """DPDK processes that share memory need some; raised, never lowered. True if there are as many."""
    file = pathlib.Path("/proc/sys/vm/nr_hugepages")
    if int(file.read_text()) < wanted:
        file.write_text(str(wanted))
    return int(file.read_text()) >= wanted
