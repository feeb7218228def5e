#include "engine/abi/result.hpp"

#include <type_traits>
#include <utility>

#include "engine/abi/guard.hpp"
#include "engine/base/bytes.hpp"
#include "engine/payload/json.hpp"

namespace vz {
namespace {

Status missing(const char* field) {
    return failure(VZ_INVALID_ARGUMENT, "a list has a count and no elements").field(field).reason(VZ_REASON_REQUIRED);
}

Status unasked(const char* field) {
    return failure(VZ_INVALID_ARGUMENT, "this chooses among parts that are not asked for")
        .field(field)
        .reason(VZ_REASON_CONFLICTING);
}

}  // namespace

Result<WantedParts> want_parts(const vz_parts* in, const Schema& schema) {
    WantedParts wanted;
    if (in == nullptr) return wanted;
    vz_parts parts;
    VZ_TRY(take_in(in, &parts));
    if ((parts.flags & ~(VZ_PARTS_PAYLOAD | VZ_PARTS_VECTORS | VZ_PARTS_EXCLUDE)) != 0) {
        return failure(VZ_UNSUPPORTED, "a flag of the parts is not known").field("parts.flags");
    }
    if (parts.payload_path_count != 0 && parts.payload_paths == nullptr) return missing("parts.payload_paths");
    if (parts.vector_field_count != 0 && parts.vector_fields == nullptr) return missing("parts.vector_fields");
    wanted.payload = (parts.flags & VZ_PARTS_PAYLOAD) != 0;
    wanted.vectors = (parts.flags & VZ_PARTS_VECTORS) != 0;
    wanted.exclude = (parts.flags & VZ_PARTS_EXCLUDE) != 0;
    if (wanted.exclude && !wanted.payload) return unasked("parts.flags");
    if (parts.payload_path_count != 0 && !wanted.payload) return unasked("parts.payload_paths");
    if (parts.vector_field_count != 0 && !wanted.vectors) return unasked("parts.vector_fields");
    for (uint32_t i = 0; i < parts.payload_path_count; ++i) wanted.payload_keys.push_back(view(parts.payload_paths[i]));
    if (!wanted.vectors) return wanted;
    for (uint32_t i = 0; i < parts.vector_field_count; ++i) {
        const std::string_view name = view(parts.vector_fields[i]);
        const VectorFieldSchema* field = schema.field(name);
        if (field == nullptr) {
            return failure(VZ_NOT_FOUND, "there is no vector field '%.*s'", static_cast<int>(name.size()), name.data())
                .reason(VZ_REASON_VECTOR_FIELD)
                .field("parts.vector_fields");
        }
        wanted.fields.push_back(field);
    }
    if (parts.vector_field_count == 0) {
        for (const VectorFieldSchema& field : schema.fields) wanted.fields.push_back(&field);
    }
    return wanted;
}

namespace {

const RowRef& row_of(const RowRef& row) { return row; }
const RowRef& row_of(const Hit& hit) { return hit.row; }
bool exists(const RowRef& row) { return row.part != nullptr; }
bool exists(const Hit&) { return true; }

// The block of all columns, handed out from its begin; columns of wider elements first.
class Block {
 public:
    explicit Block(std::byte* begin) : at_(begin) {}

    template <class T>
    T* take(size_t count) {
        T* const taken = reinterpret_cast<T*>(at_);
        at_ += count * sizeof(T);
        return taken;
    }

 private:
    std::byte* at_;
};

vz_str payload_of(std::string_view payload, const WantedParts& parts, RowSet* set) {
    if (parts.payload_keys.empty()) return to_vz_str(payload);
    std::string& cut = set->more().texts.emplace_back();
    select_keys(payload, parts.payload_keys, parts.exclude, cut);
    return to_vz_str(cut);
}

// Texts of numbers are written down before `texts_end`.
template <class Row>
void fill_ids(std::span<const Row> rows, const vz_str* asked, char* texts_end, vz_str* ids, uint8_t* kinds,
              RowSet* set) {
    const auto take = [&texts_end](char* begin) -> vz_str {
        return {begin, static_cast<uint64_t>(std::exchange(texts_end, begin) - begin)};
    };
    for (size_t i = 0; i < rows.size(); ++i) {
        if (!exists(rows[i])) {
            ids[i] = to_vz_str(set->more().texts.emplace_back(view(asked[i])));
            kinds[i] = VZ_ID_TEXT;
            continue;
        }
        const RowRef& row = row_of(rows[i]);
        const IdView id = row.part->id(row.row);
        kinds[i] = static_cast<uint8_t>(id.kind);
        if (id.kind == IdKind::kU64) {
            ids[i].size = id.high;
        } else {
            ids[i] =
                id.kind == IdKind::kText ? to_vz_str(id.text) : take(write_uuid_before(texts_end, id.high, id.low));
        }
    }
    // Behind all reads: those that nothing stands between wait for memory together.
    for (size_t i = 0; i < rows.size(); ++i) {
        if (kinds[i] == VZ_ID_U64) ids[i] = take(write_number_before(texts_end, ids[i].size));
    }
}

template <class Row>
void fill(std::span<const Row> rows, const vz_str* asked, const WantedParts& parts, RowSet* set) {
    constexpr bool kHasScores = std::is_same_v<Row, Hit>;
    const size_t count = rows.size();
    const size_t fields = parts.fields.size();
    vz_rows& out = set->rows;
    out.count = count;
    if (count == 0 && fields == 0) return;
    const size_t row_bytes = sizeof(vz_str) + (parts.payload ? sizeof(vz_str) : 0) + sizeof(uint64_t) +
                             sizeof(int64_t) + fields * sizeof(const void*) + (kHasScores ? sizeof(float) : 0) +
                             sizeof(uint8_t) + kIdNumberTextMax;
    const size_t bytes = fields * sizeof(vz_vector_column) + count * row_bytes;
    std::byte* const begin = set->make_columns(bytes);
    Block block(begin);
    auto* const ids = block.take<vz_str>(count);
    auto* const payloads = parts.payload ? block.take<vz_str>(count) : nullptr;
    auto* const versions = block.take<uint64_t>(count);
    auto* const expires_ms = block.take<int64_t>(count);
    auto* const columns = block.take<vz_vector_column>(fields);
    auto* const pointers = block.take<const void*>(count * fields);
    auto* const scores = kHasScores ? block.take<float>(count) : nullptr;
    auto* const kinds = block.take<uint8_t>(count);

    // Column by column: rows of a search lie anywhere in a file, and reads that nothing stands between wait for memory
    // together.
    for (size_t i = 0; i < count; ++i) {
        const RowRef& row = row_of(rows[i]);
        versions[i] = exists(rows[i]) ? row.part->version(row.row) : 0;
    }
    for (size_t i = 0; i < count; ++i) {
        const RowRef& row = row_of(rows[i]);
        expires_ms[i] = exists(rows[i]) ? row.part->expires_ms(row.row) : 0;
    }
    fill_ids(rows, asked, reinterpret_cast<char*>(begin + bytes), ids, kinds, set);
    if constexpr (kHasScores) {
        for (size_t i = 0; i < count; ++i) scores[i] = rows[i].score;
    }
    if (payloads != nullptr) {
        for (size_t i = 0; i < count; ++i) {
            const RowRef& row = row_of(rows[i]);
            payloads[i] = exists(rows[i]) ? payload_of(row.part->payload(row.row), parts, set) : vz_str{nullptr, 0};
            // Whoever asked for them reads them next, one by one.
            __builtin_prefetch(payloads[i].data);
        }
    }
    for (size_t f = 0; f < fields; ++f) {
        const VectorFieldSchema& field = *parts.fields[f];
        const void** const column = pointers + f * count;
        for (size_t i = 0; i < count; ++i) {
            const RowRef& row = row_of(rows[i]);
            column[i] = exists(rows[i]) ? row.part->vector(field.id, row.row) : nullptr;
        }
        columns[f] = {
            sizeof(vz_vector_column), VZ_VECTOR_DENSE, to_vz_str(field.name), field.dim, field.element, column};
    }
    out.vector_count = static_cast<uint32_t>(fields);
    out.vectors = fields == 0 ? nullptr : columns;
    if (count == 0) return;
    out.ids = ids;
    out.id_kinds = kinds;
    out.versions = versions;
    out.expires_ms = expires_ms;
    out.scores = scores;
    out.payloads = payloads;
}

}  // namespace

void fill_rows(std::span<const Hit> hits, const WantedParts& parts, RowSet* set) { fill(hits, nullptr, parts, set); }

void fill_rows(std::span<const RowRef> rows, const vz_str* asked, const WantedParts& parts, RowSet* set) {
    fill(rows, asked, parts, set);
}

}  // namespace vz
