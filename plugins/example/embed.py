"""The engine inside a Python program: no server, no package, the C ABI through ctypes.

    python3 embed.py DIRECTORY      # libvectorizer.so.1 must be found: LD_LIBRARY_PATH, or $VECTORIZER_LIBRARY
"""
import ctypes, os, sys
from ctypes import POINTER, Structure, byref, c_char, c_float, c_int64, c_uint32, c_uint64, c_void_p, cast, sizeof

lib = ctypes.CDLL(os.environ.get("VECTORIZER_LIBRARY", "libvectorizer.so.1"))

class Str(Structure): _fields_ = [("data", c_void_p), ("size", c_uint64)]
class Matrix(Structure): _fields_ = [("data", c_void_p), ("rows", c_uint64), ("stride", c_uint64), ("dim", c_uint32), ("element", c_uint32)]
class Error(Structure):
    _fields_ = [("status", c_uint32), ("reason", c_uint32), ("item", c_uint64), ("expected", c_int64), ("actual", c_int64),
                ("field", c_char * 96), ("message", c_char * 384)]
# Growable structs begin with their size and are zeroed: what a struct has after the members named here is filled up with `rest`.
class Field(Structure):
    _fields_ = [("struct_size", c_uint32), ("kind", c_uint32), ("name", Str), ("dim", c_uint32), ("metric", c_uint32), ("rest", c_uint32 * 8)]
class Schema(Structure):
    _fields_ = [("struct_size", c_uint32), ("flags", c_uint32), ("fields", POINTER(Field)), ("indexes", c_void_p),
                ("field_count", c_uint32), ("index_count", c_uint32), ("metadata", Str), ("ttl_ms", c_int64)]
class Write(Structure):
    _fields_ = [("struct_size", c_uint32), ("kind", c_uint32), ("flags", c_uint32), ("condition", c_uint32), ("count", c_uint64),
                ("ids", POINTER(Str)), ("vectors", Matrix), ("fields", c_void_p), ("payloads", POINTER(Str)), ("rest", c_uint64 * 9)]
class Parts(Structure):
    _fields_ = [("struct_size", c_uint32), ("flags", c_uint32), ("rest", c_uint64 * 3)]
class Search(Structure):
    _fields_ = [("struct_size", c_uint32), ("flags", c_uint32), ("queries", Matrix), ("field", Str), ("filter", Str),
                ("parts", POINTER(Parts)), ("deadline_ns", c_int64), ("k", c_uint32), ("rest", c_uint32 * 5), ("text", c_void_p)]
class Rows(Structure):
    _fields_ = [("struct_size", c_uint32), ("vector_count", c_uint32), ("count", c_uint64), ("ids", POINTER(Str)), ("id_kinds", c_void_p),
                ("versions", POINTER(c_uint64)), ("expires_ms", c_void_p), ("scores", POINTER(c_float)), ("payloads", POINTER(Str)),
                ("vectors", c_void_p), ("cursor", Str)]

def new(struct, **members): return struct(struct_size=sizeof(struct), **members)
def text(value): return Str(cast(ctypes.c_char_p(value), c_void_p), len(value))
def read(value): return ctypes.string_at(value.data, value.size)
def floats(rows): return (c_float * (len(rows) * len(rows[0])))(*[number for row in rows for number in row])
def call(name, *arguments):
    error = Error()
    if getattr(lib, name)(*arguments, byref(error)) != 0: raise RuntimeError(f"{error.field.decode()}: {error.message.decode()}")

engine, result = c_void_p(), c_void_p()
call("vz_engine_open", text(sys.argv[1].encode()), None, byref(engine))
field = new(Field, dim=3, metric=1)  # VZ_COSINE
call("vz_collection_create", engine, text(b"films"), byref(new(Schema, fields=ctypes.pointer(field), field_count=1)), None)

ids, payloads = (Str * 2)(text(b"alien"), text(b"amelie")), (Str * 2)(text(b'{"year":1979}'), text(b'{"year":2001}'))
vectors = floats([[0.9, 0.1, 0], [0, 0.2, 0.9]])
write = new(Write, kind=1, count=2, ids=ids, vectors=Matrix(cast(vectors, c_void_p), 2, 0, 3, 0), payloads=payloads)  # VZ_UPSERT
call("vz_write", engine, text(b"films"), byref(write), None)  # on disk when it returns

query, parts, rows = floats([[1, 0, 0]]), new(Parts, flags=1), new(Rows)  # VZ_PARTS_PAYLOAD
search = new(Search, queries=Matrix(cast(query, c_void_p), 1, 0, 3, 0), parts=ctypes.pointer(parts), k=2)
call("vz_search", engine, text(b"films"), byref(search), byref(result))
call("vz_result_rows", result, c_uint64(0), byref(rows))
hits = [(read(rows.ids[i]).decode(), round(rows.scores[i], 4), read(rows.payloads[i]).decode()) for i in range(rows.count)]
call("vz_result_check", result)
lib.vz_result_release(result)
call("vz_engine_close", engine)
for hit in hits: print(*hit)
assert [hit[0] for hit in hits] == ["alien", "amelie"] and hits[0][2] == '{"year":1979}', hits
