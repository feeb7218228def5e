// Fields of points, search results, pages and results of mutations.
#include "frontends/codec/element.hpp"
#include "frontends/codec/points.hpp"
#include "frontends/codec/scores.hpp"
#include "frontends/graphql/resolvers.hpp"
#include "frontends/text/abi_text.hpp"

namespace vz::graphql {
namespace {

const PointView& point(const FieldCall& call) { return *static_cast<const PointView*>(call.source.object); }
const PageView& page(const FieldCall& call) { return *static_cast<const PageView*>(call.source.object); }
const MutationView& mutation(const FieldCall& call) { return *static_cast<const MutationView*>(call.source.object); }

FieldValue point_id(const FieldCall& call) { return FieldValue::of_text(point(call).id); }
FieldValue point_data(const FieldCall& call) { return FieldValue::of_floats(point(call).vector, point(call).given); }
FieldValue point_vector(const FieldCall& call) {
    return point(call).vector == nullptr ? FieldValue::null()
                                         : FieldValue::of_floats(point(call).vector, point(call).given);
}
FieldValue point_dimension(const FieldCall& call) { return FieldValue::of_count(point(call).dimension); }
FieldValue point_payload(const FieldCall& call) {
    return FieldValue::of_json(point(call).payload.empty() ? std::string_view("{}") : point(call).payload);
}
FieldValue point_version(const FieldCall& call) { return FieldValue::of_count(point(call).version); }
FieldValue point_score(const FieldCall& call) { return FieldValue::of_float(point(call).score); }

FieldValue page_items(const FieldCall& call) { return points_value(page(call).points); }
FieldValue page_total(const FieldCall& call) { return FieldValue::of_count(page(call).total); }
FieldValue page_has_next(const FieldCall& call) { return FieldValue::of_boolean(page(call).cursor.data() != nullptr); }
FieldValue page_cursor(const FieldCall& call) {
    return page(call).cursor.data() == nullptr ? FieldValue::null() : FieldValue::of_text(page(call).cursor);
}

FieldValue mutation_success(const FieldCall& call) { return FieldValue::of_boolean(mutation(call).success); }
FieldValue mutation_message(const FieldCall& call) { return FieldValue::of_text(mutation(call).message); }
FieldValue mutation_affected(const FieldCall& call) {
    return mutation(call).affected < 0 ? FieldValue::null() : FieldValue::of_integer(mutation(call).affected);
}
FieldValue mutation_lsn(const FieldCall& call) {
    return mutation(call).lsn == 0 ? FieldValue::null() : FieldValue::of_count(mutation(call).lsn);
}

constexpr FieldBinding kPointFields[] = {
    {"GqlVector", "id", point_id},
    {"GqlVector", "data", point_data},
    {"GqlVector", "dimension", point_dimension},
    {"GqlVector", "payload", point_payload},
    {"GqlVector", "version", point_version},
    {"GqlSearchResult", "id", point_id},
    {"GqlSearchResult", "score", point_score},
    {"GqlSearchResult", "vector", point_vector},
    {"GqlSearchResult", "payload", point_payload},
    {"VectorPage", "items", page_items},
    {"VectorPage", "totalCount", page_total},
    {"VectorPage", "hasNextPage", page_has_next},
    {"VectorPage", "nextCursor", page_cursor},
    {"MutationResult", "success", mutation_success},
    {"MutationResult", "message", mutation_message},
    {"MutationResult", "affectedCount", mutation_affected},
    {"MutationResult", "lsn", mutation_lsn},
};

}  // namespace

std::span<const FieldBinding> point_fields() { return kPointFields; }

FieldValue points_value(std::span<const PointView> points) {
    constexpr ListItem kItem = [](const Source& list, uint64_t index) {
        return FieldValue::of_object(static_cast<const PointView*>(list.object) + index);
    };
    return FieldValue::of_list(points.size(), kItem, points.data());
}

uint32_t wanted_parts(const PlannedField& points, bool vectors) {
    uint32_t flags = points.selects("payload") ? VZ_PARTS_PAYLOAD : 0;
    const bool numbers = vectors && (points.selects("data") || points.selects("vector"));
    if (numbers || points.selects("dimension")) flags |= VZ_PARTS_VECTORS;
    return flags;
}

bool read_points(RootCall& call, const EngineCall& from, vz_metric metric, std::span<const PointView>& points) {
    vz_rows rows{};
    rows.struct_size = sizeof rows;
    vz_error error{};
    const vz_status status = vz_result_rows(from.result, 0, &rows, &error);
    if (status != VZ_OK) {
        call.fail(status, error);
        return false;
    }
    call.searched(rows);
    const vz_vector_column* column = codec::default_column(rows);
    const std::span<PointView> views = call.arena->array<PointView>(rows.count);
    for (uint64_t i = 0; i < rows.count; ++i) {
        PointView& view = views[i];
        view.id = text::view(rows.ids[i]);
        if (rows.payloads != nullptr) view.payload = text::view(rows.payloads[i]);
        if (rows.versions != nullptr) view.version = rows.versions[i];
        if (rows.scores != nullptr) view.score = codec::score_of(metric, rows.scores[i]);
        if (column == nullptr || column->rows[i] == nullptr || column->element != VZ_F32) continue;
        view.vector = static_cast<const float*>(column->rows[i]);
        view.given = column->dim;
        view.dimension = column->dim;
    }
    points = views;
    call.bytes_estimate +=
        codec::estimate(rows, column == nullptr ? codec::VectorFormat::kNone : codec::VectorFormat::kArray);
    return true;
}

}  // namespace vz::graphql
