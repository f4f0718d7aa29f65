#!/usr/bin/env python3
"""A listener that reads bytes, as many do, and takes `len` for a number of them. byte_mode.py RECORD"""
import os
import sys

with open(sys.argv[1], "ab", buffering=0) as out:
    while True:
        os.write(1, b"READY\n")
        line = sys.stdin.buffer.readline()
        if not line:
            break
        size = int(line.rsplit(b"len:", 1)[1])
        out.write(line + sys.stdin.buffer.read(size) + b"\n--\n")
        os.write(1, b"RESULT 2\nOK")
