"""Writes GGUF files, version 3: keys with values, then tensors."""

import struct

import numpy

ALIGN = 32
UINT32, INT32, FLOAT32, BOOL, STRING, ARRAY = 4, 5, 6, 7, 8, 9
TENSOR_TYPES = {numpy.dtype("float32"): 0, numpy.dtype("float16"): 1}


def pack_string(text):
    data = text.encode()
    return struct.pack("<Q", len(data)) + data


def pack_value(value):
    """Packs the type and the value of a bool, int, float, str, list of int or list of str."""
    if isinstance(value, bool):
        return struct.pack("<I?", BOOL, value)
    if isinstance(value, int):
        return struct.pack("<II", UINT32, value)
    if isinstance(value, float):
        return struct.pack("<If", FLOAT32, value)
    if isinstance(value, str):
        return struct.pack("<I", STRING) + pack_string(value)
    if all(isinstance(v, int) for v in value):
        return struct.pack(f"<IIQ{len(value)}i", ARRAY, INT32, len(value), *value)
    return struct.pack("<IIQ", ARRAY, STRING, len(value)) + b"".join(pack_string(v) for v in value)


def padding(length):
    return b"\0" * (-length % ALIGN)


def write(path, keys, tensors):
    """Writes keys, a dict, and tensors, a dict of numpy arrays of float16 or float32."""
    head = struct.pack("<4sIQQ", b"GGUF", 3, len(tensors), len(keys))
    for key, value in keys.items():
        head += pack_string(key) + pack_value(value)
    offset = 0
    for name, tensor in tensors.items():
        shape = tensor.shape[::-1]  # the dimension that varies fastest is the first
        head += pack_string(name) + struct.pack(f"<I{len(shape)}Q", len(shape), *shape)
        head += struct.pack("<IQ", TENSOR_TYPES[tensor.dtype], offset)
        offset += len(tensor.tobytes()) + len(padding(len(tensor.tobytes())))
    with open(path, "wb") as file:
        file.write(head + padding(len(head)))
        for tensor in tensors.values():
            file.write(tensor.tobytes() + padding(len(tensor.tobytes())))
