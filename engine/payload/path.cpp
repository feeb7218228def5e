#include "engine/payload/path.hpp"

#include "engine/base/limits.hpp"

namespace vz {
namespace {

Status bad_path(const char* what) { return failure(VZ_INVALID_ARGUMENT, "a path %s", what).reason(VZ_REASON_FILTER); }

class PathParser {
 public:
    explicit PathParser(std::string_view text) : text_(text) {}

    Result<Path> parse() {
        VZ_TRY(key());
        while (at_ < text_.size()) {
            if (text_[at_] == '[') {
                VZ_TRY(brackets());
            } else if (text_[at_] == '.') {
                ++at_;
                VZ_TRY(key());
            } else {
                return bad_path("has '.' or '[' behind a quoted part or a ']'");
            }
            if (path_.size() > kPathStepsMax) {
                return failure(VZ_LIMIT_EXCEEDED, "a path has at most %u steps", kPathStepsMax)
                    .field("path_steps_max")
                    .expected(kPathStepsMax)
                    .actual(static_cast<int64_t>(path_.size()));
            }
        }
        return std::move(path_);
    }

 private:
    Status key() {
        PathStep step;
        if (at_ < text_.size() && text_[at_] == '"') {
            VZ_TRY(quoted(&step.key));
        } else {
            const size_t end = std::min(text_.find_first_of(".[]\"", at_), text_.size());
            step.key = text_.substr(at_, end - at_);
            at_ = end;
            if (step.key.empty()) return bad_path("has no empty parts, unless they are quoted");
        }
        path_.push_back(std::move(step));
        return {};
    }

    Status quoted(std::string* key) {
        for (++at_; at_ < text_.size() && text_[at_] != '"'; ++at_) {
            if (text_[at_] == '\\' && ++at_ == text_.size()) break;
            *key += text_[at_];
        }
        if (at_ >= text_.size()) return bad_path("ends its quoted parts");
        ++at_;
        return {};
    }

    Status brackets() {
        const size_t end = text_.find(']', at_);
        if (end == std::string_view::npos) return bad_path("closes its brackets");
        const std::string_view inside = text_.substr(at_ + 1, end - at_ - 1);
        at_ = end + 1;
        PathStep step;
        step.kind = inside.empty() ? PathStep::Kind::kEach : PathStep::Kind::kAt;
        if (inside.size() > 9) return bad_path("has indexes of at most 9 digits");
        for (const char digit : inside) {
            if (digit < '0' || digit > '9') return bad_path("has a number or nothing in its brackets");
            step.index = step.index * 10 + static_cast<uint32_t>(digit - '0');
        }
        path_.push_back(std::move(step));
        return {};
    }

    std::string_view text_;
    size_t at_ = 0;
    Path path_;
};

}  // namespace

Result<Path> parse_path(std::string_view text) { return PathParser(text).parse(); }

}  // namespace vz
