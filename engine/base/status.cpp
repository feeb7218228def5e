#include "engine/base/status.hpp"

#include <algorithm>
#include <cstdarg>
#include <cstdio>
#include <cstring>

namespace vz {

Status&& Status::reason(vz_reason value) && {
    error_->reason = value;
    return std::move(*this);
}

Status&& Status::item(uint64_t index) && {
    error_->item = index;
    return std::move(*this);
}

Status&& Status::field(std::string_view path) && {
    const size_t size = std::min(path.size(), sizeof(error_->field) - 1);
    std::memcpy(error_->field, path.data(), size);
    error_->field[size] = 0;
    return std::move(*this);
}

Status&& Status::expected(int64_t value) && {
    error_->expected = value;
    return std::move(*this);
}

Status&& Status::actual(int64_t value) && {
    error_->actual = value;
    return std::move(*this);
}

vz_status Status::write_to(vz_error* out) const {
    if (error_ && out) *out = *error_;
    return code();
}

Status failure(vz_status code, const char* format, ...) {
    vz_error error = {};
    error.status = code;
    error.item = VZ_NO_ITEM;
    va_list arguments;
    va_start(arguments, format);
    std::vsnprintf(error.message, sizeof(error.message), format, arguments);
    va_end(arguments);
    return Status(error);
}

}  // namespace vz
