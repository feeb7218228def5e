// Edits and snapshots as bytes: the payload of manifest frames.
#pragma once

#include <cstddef>
#include <span>
#include <vector>

#include "engine/manifest/state.hpp"

namespace vz {

// One EditGroup message with these edits, in order.
std::vector<std::byte> encode_edits(std::span<const Edit* const> edits);
std::vector<std::byte> encode_snapshot(const ManifestState& state);

// What a frame holds: edits, or (the first of a file) a snapshot.
struct EditFrame {
    std::vector<Edit> edits;
    std::optional<ManifestState> snapshot;
};

// Only after the frame's checksum passed; what does not parse is VZ_CORRUPTION.
Result<EditFrame> decode_edits(std::span<const std::byte> bytes);

}  // namespace vz
