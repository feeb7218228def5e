#include "engine/abi/result.hpp"

#include <algorithm>

#include "engine/abi/guard.hpp"
#include "engine/base/bytes.hpp"
#include "engine/payload/json.hpp"

namespace vz {

vz_rows RowSet::view() const {
    vz_rows rows = {};
    rows.struct_size = sizeof(rows);
    rows.count = ids.size();
    rows.ids = ids.data();
    rows.id_kinds = id_kinds.data();
    rows.versions = versions.data();
    rows.expires_ms = expires_ms.data();
    rows.scores = has_scores ? scores.data() : nullptr;
    rows.payloads = has_payloads ? payloads.data() : nullptr;
    rows.vector_count = static_cast<uint32_t>(columns.size());
    rows.vectors = columns.empty() ? nullptr : columns.data();
    if (!cursor.empty()) rows.cursor = to_vz_str(cursor);
    return rows;
}

Result<WantedParts> want_parts(const vz_parts* in, const Schema& schema) {
    WantedParts wanted;
    if (in == nullptr) return wanted;
    vz_parts parts;
    VZ_TRY(take_in(in, &parts));
    if ((parts.flags & ~(VZ_PARTS_PAYLOAD | VZ_PARTS_VECTORS | VZ_PARTS_EXCLUDE)) != 0) {
        return failure(VZ_UNSUPPORTED, "a flag of the parts is not known").field("parts.flags");
    }
    wanted.payload = (parts.flags & VZ_PARTS_PAYLOAD) != 0;
    wanted.vectors = (parts.flags & VZ_PARTS_VECTORS) != 0;
    wanted.exclude = (parts.flags & VZ_PARTS_EXCLUDE) != 0;
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

vz_str id_of(const IdView& id, size_t index, size_t count, RowSet* set) {
    if (id.kind == IdKind::kText) return to_vz_str(id.text);
    if (!set->numbers) set->numbers = std::make_unique_for_overwrite<char[]>(count * kIdNumberTextMax);
    char* const place = set->numbers.get() + index * kIdNumberTextMax;
    return {place, format_id_number(id, place)};
}

vz_str payload_of(std::string_view payload, const WantedParts& parts, RowSet* set) {
    if (parts.payload_keys.empty()) return to_vz_str(payload);
    std::string& cut = set->texts.emplace_back();
    select_keys(payload, parts.payload_keys, parts.exclude, cut);
    return to_vz_str(cut);
}

}  // namespace

void fill_rows(const std::vector<RowRef>& rows, const std::vector<vz_str>* missing_ids, const WantedParts& parts, RowSet* set) {
    const size_t count = rows.size();
    set->has_payloads = parts.payload;
    set->ids.reserve(count);
    set->id_kinds.reserve(count);
    set->versions.reserve(count);
    set->expires_ms.reserve(count);
    // Column by column: rows of a search lie anywhere in a file, and reads that nothing stands between wait for memory together.
    for (const RowRef& row : rows) set->versions.push_back(row.part == nullptr ? 0 : row.part->version(row.row));
    for (const RowRef& row : rows) set->expires_ms.push_back(row.part == nullptr ? 0 : row.part->expires_ms(row.row));
    // Ids a few at a time, as many as wait for memory together: between one and the next would stand the writing down of a number.
    constexpr size_t kIdsTogether = 16;
    IdView ids[kIdsTogether];
    for (size_t i = 0; i < count; ++i) {
        if (i % kIdsTogether == 0) {
            for (size_t j = i; j < std::min(count, i + kIdsTogether); ++j) {
                if (rows[j].part != nullptr) ids[j - i] = rows[j].part->id(rows[j].row);
            }
        }
        const RowRef row = rows[i];
        if (row.part == nullptr) {
            set->texts.emplace_back(view((*missing_ids)[i]));
            set->ids.push_back(to_vz_str(set->texts.back()));
            set->id_kinds.push_back(VZ_ID_TEXT);
            if (parts.payload) set->payloads.push_back({nullptr, 0});
            continue;
        }
        const IdView& id = ids[i % kIdsTogether];
        set->ids.push_back(id_of(id, i, count, set));
        set->id_kinds.push_back(static_cast<uint8_t>(id.kind));
        if (parts.payload) set->payloads.push_back(payload_of(row.part->payload(row.row), parts, set));
    }
    for (const VectorFieldSchema* field : parts.fields) {
        std::vector<const void*>& pointers = set->column_rows.emplace_back();
        for (const RowRef& row : rows) pointers.push_back(row.part == nullptr ? nullptr : row.part->vector(field->id, row.row));
    }
    for (size_t i = 0; i < parts.fields.size(); ++i) {
        vz_vector_column column = {};
        column.struct_size = sizeof(column);
        column.kind = VZ_VECTOR_DENSE;
        column.name = to_vz_str(parts.fields[i]->name);
        column.dim = parts.fields[i]->dim;
        column.element = parts.fields[i]->element;
        column.rows = set->column_rows[i].data();
        set->columns.push_back(column);
    }
}

}  // namespace vz
