#include "plugins/resp/arguments.hpp"

#include <cstring>

#include "vectorizer/types.h"

namespace resp {
namespace {

constexpr int64_t kDimMax = VZ_DIM_MAX;

}  // namespace

std::string quoted(std::string_view option) {
    constexpr size_t kBytesMax = 32;
    std::string text = "'";
    for (const char c : option.substr(0, kBytesMax)) text += c >= 0x20 && c < 0x7F ? c : '?';
    return text + (option.size() > kBytesMax ? "...'" : "'");
}

std::string wrong_number_of_arguments(std::string_view command) {
    return "ERR wrong number of arguments for '" + std::string(command) + "' command";
}

std::string takes(const char* option, const std::string& what) {
    return std::string("ERR ") + option + " takes " + what;
}

std::string takes_whole(const char* option, int64_t low, int64_t high) {
    return takes(option, "a whole number from " + std::to_string(low) + " to " + std::to_string(high));
}

std::string take_vector(Reader& reader, std::vector<float>* out) {
    if (reader.take_if("FP32")) {
        const std::string_view blob = reader.take();
        if (blob.empty() || blob.size() % sizeof(float) != 0) return takes("FP32", "a blob of 4 bytes for each number");
        out->resize(blob.size() / sizeof(float));
        std::memcpy(out->data(), blob.data(), blob.size());
        return {};
    }
    if (!reader.take_if("VALUES"))
        return "ERR a vector is FP32 and a blob, or VALUES, a count and numbers; it does not begin with " +
               quoted(reader.take());
    int64_t count = 0;
    if (!reader.take_integer(1, kDimMax, &count)) return takes_whole("VALUES", 1, kDimMax);
    while (static_cast<int64_t>(out->size()) < count) {
        float value = 0;
        const std::string_view number = reader.take();
        if (!parse_real(number, &value))
            return takes("VALUES", std::to_string(count) + " finite numbers; number " +
                                       std::to_string(out->size() + 1) + " is " + quoted(number));
        out->push_back(value);
    }
    return {};
}

}  // namespace resp
