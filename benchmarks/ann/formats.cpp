#include "benchmarks/ann/formats.hpp"

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <limits>

namespace vz::ann {
namespace {

bool ends(const std::string& path, const char* with) { return std::filesystem::path(path).extension() == with; }

std::vector<char> read_file(const std::string& path) {
    std::ifstream file(path, std::ios::binary);
    if (!file) quit("cannot read " + path);
    std::vector<char> bytes(std::filesystem::file_size(path));
    if (!file.read(bytes.data(), static_cast<std::streamsize>(bytes.size()))) quit("short read: " + path);
    return bytes;
}

template <class T>
Table<T> read_table(const std::string& path) {
    std::ifstream file(path, std::ios::binary);
    uint32_t head[2] = {};
    if (!file.read(reinterpret_cast<char*>(head), sizeof head)) quit("cannot read " + path);
    const uint64_t count = uint64_t{head[0]} * head[1];
    if (std::filesystem::file_size(path) != sizeof head + count * sizeof(T)) quit("wrong size: " + path);
    Table<T> table = {head[0], head[1], std::vector<T>(count)};
    if (!file.read(reinterpret_cast<char*>(table.values.data()), static_cast<std::streamsize>(count * sizeof(T))))
        quit("short read: " + path);
    return table;
}

template <class T>
void write_table(const std::string& path, uint32_t rows, uint32_t columns, const std::vector<T>& values) {
    std::ofstream file(path, std::ios::binary);
    file.write(reinterpret_cast<const char*>(&rows), sizeof rows);
    file.write(reinterpret_cast<const char*>(&columns), sizeof columns);
    file.write(reinterpret_cast<const char*>(values.data()), static_cast<std::streamsize>(values.size() * sizeof(T)));
    if (!file.flush()) quit("cannot write " + path);
}

float from_half(uint16_t half) {
    const int exponent = (half >> 10) & 31;
    const auto fraction = static_cast<float>(half & 1023);
    const float size = exponent == 0    ? std::ldexp(fraction, -24)
                       : exponent == 31 ? (fraction == 0 ? std::numeric_limits<float>::infinity()
                                                         : std::numeric_limits<float>::quiet_NaN())
                                        : std::ldexp(1024.0F + fraction, exponent - 25);
    return (half & 0x8000) != 0 ? -size : size;
}

// Rounds to nearest, ties to even.
uint16_t to_half(float value) {
    const auto sign = static_cast<uint16_t>(std::signbit(value) ? 0x8000 : 0);
    const float size = std::fabs(value);
    if (size == 0) return sign;
    if (std::isnan(value)) return static_cast<uint16_t>(sign | 0x7e00);
    if (size >= 65520.0F) return static_cast<uint16_t>(sign | 0x7c00);
    int exponent = 0;
    std::frexp(size, &exponent);
    const int scale = std::max(exponent, -13) - 11;  // of the last bit
    const auto steps = static_cast<uint32_t>(std::nearbyint(std::ldexp(size, -scale)));
    return static_cast<uint16_t>(sign + steps + (static_cast<uint32_t>(scale + 24) << 10));
}

template <class T>
Matrix as_matrix(const Table<T>& table) {
    return {table.rows, table.columns, std::vector<float>(table.values.begin(), table.values.end())};
}

// Rows with their length before each.
template <class T>
Table<T> read_vecs(const std::string& path) {
    const std::vector<char> bytes = read_file(path);
    Table<T> table;
    for (size_t at = 0; at < bytes.size(); ++table.rows) {
        int32_t count = 0;
        if (bytes.size() - at < sizeof count) quit("cut off: " + path);
        std::memcpy(&count, bytes.data() + at, sizeof count);
        at += sizeof count;
        if (table.rows == 0) table.columns = static_cast<uint32_t>(count);
        if (count <= 0 || static_cast<uint32_t>(count) != table.columns) quit("rows of different length: " + path);
        if ((bytes.size() - at) / sizeof(T) < table.columns) quit("cut off: " + path);
        const size_t before = table.values.size();
        table.values.resize(before + table.columns);
        std::memcpy(&table.values[before], bytes.data() + at, table.columns * sizeof(T));
        at += table.columns * sizeof(T);
    }
    return table;
}

// Two zero bytes, type 8 (bytes), the number of sizes, the sizes big-endian: the first is that of rows.
Table<uint8_t> read_idx(const std::string& path) {
    const std::vector<char> bytes = read_file(path);
    const auto at = [&](size_t i) { return i < bytes.size() ? static_cast<uint8_t>(bytes[i]) : uint8_t{0}; };
    const size_t sizes = at(3);
    const size_t start = 4 + 4 * sizes;
    if (at(0) != 0 || at(1) != 0 || at(2) != 8 || sizes == 0 || bytes.size() < start)
        quit("no IDX file of bytes: " + path);
    uint64_t counts[2] = {1, 1};
    for (size_t i = 0; i < sizes; ++i) {
        const size_t from = 4 + 4 * i;
        const uint32_t size =
            uint32_t{at(from)} << 24 | uint32_t{at(from + 1)} << 16 | uint32_t{at(from + 2)} << 8 | at(from + 3);
        counts[i == 0 ? 0 : 1] *= size;
        if (counts[1] > 65'536) quit("rows of more than 65536 values: " + path);
    }
    if (bytes.size() - start != counts[0] * counts[1]) quit("wrong size: " + path);
    return {static_cast<uint32_t>(counts[0]), static_cast<uint32_t>(counts[1]),
            std::vector<uint8_t>(bytes.begin() + static_cast<ptrdiff_t>(start), bytes.end())};
}

Matrix read_matrix(const std::string& path) {
    if (ends(path, ".u8bin")) return as_matrix(read_table<uint8_t>(path));
    if (ends(path, ".fbin")) return as_matrix(read_table<float>(path));
    if (ends(path, ".fvecs")) return as_matrix(read_vecs<float>(path));
    if (ends(path, ".bvecs")) return as_matrix(read_vecs<uint8_t>(path));
    if (!ends(path, ".f16bin")) return as_matrix(read_idx(path));
    const Table<uint16_t> halves = read_table<uint16_t>(path);
    Matrix matrix = {halves.rows, halves.columns, {}};
    matrix.values.reserve(halves.values.size());
    for (const uint16_t half : halves.values) matrix.values.push_back(from_half(half));
    return matrix;
}

}  // namespace

void quit(const std::string& message) {
    std::fprintf(stderr, "%s\n", message.c_str());
    std::exit(2);
}

bool read_vectors(const std::string& stem, Matrix& out) {
    for (const char* end : {".u8bin", ".fbin", ".f16bin"}) {
        if (!std::filesystem::exists(stem + end)) continue;
        out = read_matrix(stem + end);
        return true;
    }
    return false;
}

Table<uint32_t> read_ids(const std::string& path) { return read_table<uint32_t>(path); }

void write_ids(const std::string& path, const Table<uint32_t>& ids) {
    write_table(path, ids.rows, ids.columns, ids.values);
}

void write_vectors(const std::string& path, const Matrix& matrix) {
    if (ends(path, ".fbin")) return write_table(path, matrix.rows, matrix.dim, matrix.values);
    if (ends(path, ".f16bin")) {
        std::vector<uint16_t> halves;
        for (const float value : matrix.values) halves.push_back(to_half(value));
        return write_table(path, matrix.rows, matrix.dim, halves);
    }
    if (!ends(path, ".u8bin")) quit("vectors are written as .fbin, .f16bin or .u8bin: " + path);
    std::vector<uint8_t> bytes;
    for (const float value : matrix.values) {
        if (!(value >= 0 && value <= 255) || value != std::floor(value))
            quit("values that are no bytes: write .fbin or .f16bin instead of " + path);
        bytes.push_back(static_cast<uint8_t>(value));
    }
    write_table(path, matrix.rows, matrix.dim, bytes);
}

void convert(const std::string& from, const std::string& to) {
    if (ends(from, ".ivecs") || ends(to, ".ibin")) {
        if (!ends(from, ".ivecs") || !ends(to, ".ibin")) quit("only .ivecs become .ibin");
        return write_ids(to, read_vecs<uint32_t>(from));
    }
    write_vectors(to, read_matrix(from));
}

}  // namespace vz::ann
