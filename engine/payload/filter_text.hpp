// A strict reader of one JSON text, front to back, that knows which byte it is at.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "engine/payload/cursor.hpp"

namespace vz {

// `text` is valid UTF-8; whatever else is wrong with it is found here. Functions return false at a mistake: fault()
// names it, offset() is there.
class FilterText {
 public:
    explicit FilterText(std::string_view text) : text_(text) {}

    // First byte of the next value: one of `{["tfn-` or a digit for a well-formed text, 0 at the end.
    char peek();
    size_t offset() const { return at_; }
    const char* fault() const { return fault_; }
    bool take(char wanted);     // structural: skips space, then that character or a mistake
    bool take_if(char wanted);  // likewise, without the mistake
    bool take_string(std::string* text);
    bool take_number(json::Number* number);
    // true, false or null, by its first character.
    bool take_word();
    bool take_end();

 private:
    bool fail(const char* fault);
    bool take_escape();

    std::string_view text_;
    size_t at_ = 0;
    const char* fault_ = "";
};

}  // namespace vz
