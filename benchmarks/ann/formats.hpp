// Files of vectors: the matrices of big-ann-benchmarks (u32 rows, u32 columns, values: .u8bin, .fbin, .f16bin, .ibin),
// and those that convert() reads: .fvecs, .bvecs, .ivecs (an i32 count before each row) and IDX (of bytes). All exit
// with a message on failure.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace vz::ann {

struct Matrix {
    uint32_t rows = 0;
    uint32_t dim = 0;
    std::vector<float> values;

    const float* row(size_t i) const { return values.data() + i * dim; }
};

[[noreturn]] void quit(const std::string& message);

// stem.u8bin, stem.fbin or stem.f16bin, the first that is there; false: none is.
bool read_vectors(const std::string& stem, Matrix& out);

// Values of 4 bytes each; the first `rows` of them.
template <class T>
struct Table {
    uint32_t rows = 0;
    uint32_t columns = 0;
    std::vector<T> values;
};
Table<uint32_t> read_ids(const std::string& path);
void write_ids(const std::string& path, const Table<uint32_t>& ids);
// As bytes if the name ends in .u8bin, in half precision if in .f16bin, else as float32.
void write_vectors(const std::string& path, const Matrix& matrix);

// By the ends of the names.
void convert(const std::string& from, const std::string& to);

}  // namespace vz::ann
