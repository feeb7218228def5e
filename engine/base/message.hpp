// Cap'n Proto messages as the bytes that files hold. For the doors of Cap'n Proto: no other source includes this.
#pragma once

#include <capnp/message.h>
#include <capnp/serialize.h>

#include <cstddef>
#include <cstring>
#include <span>
#include <utility>
#include <vector>

#include "engine/base/limits.hpp"
#include "engine/base/status.hpp"

namespace vz {

inline std::vector<std::byte> write_message(capnp::MessageBuilder& message) {
    const kj::Array<capnp::word> words = capnp::messageToFlatArray(message);
    const auto bytes = words.asBytes();
    const auto* begin = reinterpret_cast<const std::byte*>(bytes.begin());
    return {begin, begin + bytes.size()};
}

// What `read` makes of the root, a Result or a Status. VZ_CORRUPTION if the bytes, which may be anybody's, are no such
// message: `what` names it.
template <class Root, class Read>
auto read_message(std::span<const std::byte> bytes, int nesting_max, const char* what, Read read)
    -> decltype(read(std::declval<typename Root::Reader>())) {
    try {
        // Readers want words where words may stand.
        kj::Array<capnp::word> words = kj::heapArray<capnp::word>(bytes.size() / sizeof(capnp::word));
        if (words.size() != 0) std::memcpy(words.begin(), bytes.data(), words.size() * sizeof(capnp::word));
        capnp::ReaderOptions options;
        options.traversalLimitInWords = traversal_limit(words.size());
        options.nestingLimit = nesting_max;
        capnp::FlatArrayMessageReader message(words, options);
        return read(message.getRoot<Root>());
    } catch (const kj::Exception& error) {
        return failure(VZ_CORRUPTION, "%s does not parse: %s", what, error.getDescription().cStr());
    }
}

}  // namespace vz
