// Rows of a file that begins with u32 rows and u32 dimension.
#pragma once

#include <cstdint>
#include <fstream>
#include <stdexcept>
#include <string>
#include <vector>

namespace vz::e2e {

template <typename T>
struct Rows {
    uint32_t count = 0;
    uint32_t dimension = 0;
    std::vector<T> values;

    explicit Rows(const std::string& path) {
        std::ifstream file(path, std::ios::binary);
        file.read(reinterpret_cast<char*>(&count), sizeof(count));
        file.read(reinterpret_cast<char*>(&dimension), sizeof(dimension));
        values.resize(size_t{count} * dimension);
        file.read(reinterpret_cast<char*>(values.data()), static_cast<std::streamsize>(values.size() * sizeof(T)));
        if (!file) throw std::runtime_error("cannot read " + path);
    }
    const T* row(size_t index) const { return values.data() + index * dimension; }
    // A row as JSON.
    std::string text(size_t index) const {
        std::string json = "[";
        for (uint32_t i = 0; i < dimension; ++i) json += (i == 0 ? "" : ",") + std::to_string(row(index)[i]);
        return json + "]";
    }
};

}  // namespace vz::e2e
