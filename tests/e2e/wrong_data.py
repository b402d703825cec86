# Files of rows for the script beside this one, sound and damaged, with the standard library alone: wrong_data.py FOLDER
import os
import struct
import sys

os.chdir(sys.argv[1])
ROWS = [(0.5, -1.25), (1.0, 2.0), (-0.75, 0.125), (3.0, -2.5)]
NUMBERS = [x for row in ROWS for x in row]


def npy(name, descr, shape, data, fortran=False, version=1):
    """Writes a .npy file; `descr` is the text in the header, quotes included."""
    header = "{'descr': %s, 'fortran_order': %s, 'shape': %s, }" % (descr, fortran, shape)
    header = header.encode() + b"\n"
    length = struct.pack("<H" if version == 1 else "<I", len(header))
    write(name, b"\x93NUMPY" + bytes([version, 0]) + length + header + data)


def write(name, data):
    with open(name, "wb") as file:
        file.write(data)


def f8(values, order="<"):
    return struct.pack("%s%dd" % (order, len(values)), *values)


def at(index, value):
    """The numbers with one of them replaced."""
    return NUMBERS[:index] + [value] + NUMBERS[index + 1:]


nan, inf = float("nan"), float("inf")
whole = [1, -2, 3, 4, -5, 6, 7, 8]

# What is accepted. Each has the same four rows as plain.npy, or those of whole.csv.
npy("plain.npy", "'<f8'", (4, 2), f8(NUMBERS))
npy("version2.npy", "'<f8'", (4, 2), f8(NUMBERS), version=2)
npy("version3.npy", "'<f8'", (4, 2), f8(NUMBERS), version=3)
columns = [row[i] for i in (0, 1) for row in ROWS]
npy("fortran.npy", "'<f8'", (4, 2), f8(columns), fortran=True)
npy("big_endian.npy", "'>f8'", (4, 2), f8(NUMBERS, ">"))
npy("big_endian_fortran.npy", "'>f4'", (4, 2), struct.pack(">8f", *columns), fortran=True)
npy("single.npy", "'<f4'", (4, 2), struct.pack("<8f", *NUMBERS))
npy("flat_rows.npy", "'<f8'", (4, 2, 1), f8(NUMBERS))
write("plain.csv", "".join("%r,%r\n" % row for row in ROWS).encode())
write("named.csv", b"x,y\n# a comment\n\n" + "".join("%r,%r\n" % row for row in ROWS).encode())
write("windows.csv", b"\xef\xbb\xbf" + "".join("%r;%r\r\n" % row for row in ROWS).encode())
write("npy_by_content", open("plain.npy", "rb").read())
for code, descr in zip("bhiqBHIQ", ("|i1", "<i2", "<i4", ">i8", "|u1", ">u2", "<u4", "<u8")):
    sign = "signed" if code.islower() else "unsigned"
    values = whole if code.islower() else map(abs, whole)
    order = "<" if descr[0] == "|" else descr[0]
    npy("%s_%s.npy" % (sign, descr[1:]), "'%s'" % descr, (4, 2), struct.pack(order + "8" + code, *values))
write("whole.csv", "".join("%d,%d\n" % tuple(whole[i:i + 2]) for i in range(0, 8, 2)).encode())
write("natural.csv", "".join("%d,%d\n" % tuple(map(abs, whole[i:i + 2])) for i in range(0, 8, 2)).encode())
npy("booleans.npy", "'|b1'", (4, 2), bytes([0, 1, 1, 0, 1, 1, 0, 0]))
write("booleans.csv", b"0,1\n1,0\n1,1\n0,0\n")
npy("no_rows.npy", "'<f8'", (0, 2), b"")
write("no_rows.csv", b"x0,x1\n")

# Values.
npy("nan.npy", "'<f8'", (4, 2), f8(at(5, nan)))
npy("inf.npy", "'<f8'", (4, 2), f8(at(2, -inf)))
npy("two_nan.npy", "'<f8'", (4, 2), f8([nan] + NUMBERS[1:7] + [nan]))
npy("nan_fortran.npy", "'<f8'", (4, 2), f8([0, 1, 2, 3, 4, 5, nan, 7]), fortran=True)
npy("huge.npy", "'<f8'", (4, 2), f8(at(3, 1e300)))
write("nan.csv", b"1,2\n3,nan\n")
write("inf.csv", b"x,y\n1,2\n-inf,4\n")
write("huge.csv", b"1,2\n3,1e300\n")
write("overflow.csv", b"1,2\n3,1e999\n")

# Shapes.
npy("wide.npy", "'<f8'", (2, 4), f8(NUMBERS))
npy("vector.npy", "'<f8'", (8,), f8(NUMBERS))
npy("number.npy", "'<f8'", (), f8([1]))
npy("no_columns.npy", "'<f8'", (4, 0), b"")
write("wide.csv", b"1,2,3\n4,5,6\n")
write("narrow.csv", b"1\n2\n")
write("ragged.csv", b"1,2\n3,4,5\n6,7\n")
write("short_line.csv", b"1,2\n3,4\n5\n")
write("wide_header.csv", b"x,y,z\n1,2\n")
write("spaces.csv", b"1 2\n3 4\n")
write("cut_number.csv", b"1,2\n3,4\n5,")
write("trailing_comma.csv", b"1,2,\n3,4,\n")

# Element types.
npy("strings.npy", "'<U3'", (2, 2), b"\0" * 48)
npy("bytes.npy", "'|S4'", (2, 2), b"1.5\0" * 4)
npy("complex.npy", "'<c16'", (2, 2), f8(NUMBERS))
npy("half.npy", "'<f2'", (4, 2), struct.pack("<8e", *NUMBERS))
npy("objects.npy", "'|O'", (4, 2), b"\x80\x04]q\x00.")
npy("records.npy", "[('x', '<f8'), ('y', '<f8')]", (4,), f8(NUMBERS))
npy("dates.npy", "'<M8[ns]'", (4, 2), f8(NUMBERS))
npy("long_double.npy", "'<f16'", (2, 2), f8(NUMBERS))

# Damage.
sound = open("plain.npy", "rb").read()
write("empty.npy", b"")
write("empty.csv", b"")
write("blank.csv", b"\n\n# nothing\n")
write("cut_magic.npy", sound[:4])
write("cut_length.npy", sound[:9])
write("cut_header.npy", sound[:30])
write("cut_data.npy", sound[:-12])
write("longer.npy", sound + b"\0" * 8)
write("malformed.npy", sound.replace(b"shape", b"shame"))
write("negative.npy", sound.replace(b"(4, 2)", b"(4,-2)"))
write("future.npy", sound[:6] + b"\x09" + sound[7:])
write("text.npy", b"1,2\n3,4\n")
write("zip.npy", b"PK\x03\x04" + sound)
npy("vast.npy", "'<f8'", (1 << 46, 2), f8(NUMBERS))
write("zip.csv", b"PK\x03\x04\x14\0\0\0\x08\0" + bytes(range(256)))
write("text.csv", b"x,y\n1,2\n3,four\n5,6\n")
write("text_first.csv", b"1,four\n2,3\n")
write("two_headers.csv", b"x,y\nleft,right\n1,2\n")
write("header_late.csv", b"1,2\nx,y\n3,4\n")
write("hole.csv", b"1,2\n3,\n5,6\n")
write("missing_value.csv", b"1,2\n3,NA\n")
write("decimal_comma.csv", b"0,5;1,5\n2,5;3,5\n")
write("hex.csv", b"1,2\n0x10,3\n")
write("nul.csv", b"1,2\n3,4\0\n")
write("utf16.csv", "1,2\n3,4\n".encode("utf-16"))
write("escape.csv", b"1,2\n3,\x1b[31mred\r4\n")
