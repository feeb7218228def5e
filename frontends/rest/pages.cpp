// Pages of points, and how many there are.
#include <charconv>
#include <cmath>

#include "frontends/codec/points.hpp"

#include "frontends/rest/fields.hpp"
#include "frontends/rest/handlers.hpp"

namespace vz::rest {
namespace {

using json::Value;

constexpr uint64_t kOffsetMax = 1'000'000;
constexpr uint32_t kCursor = 1;

constexpr auto kScrollFields = joined(std::array<json::Field, 1>{{{"cursor", kCursor}}}, kPageFields);
constexpr json::Field kCountFields[] = {{"filter", kFilter}};

struct PageCall : Call {
    Options options;
    std::string_view cursor;
    uint64_t offset;
    vz_parts parts;
    vz_scan_request wanted;
    vz_count_request counted;
    vz_rows rows;
};

void write_page(Call& base, json::Writer& out) {
    auto& call = static_cast<PageCall&>(base);
    const vz_vector_column* column = codec::default_column(call.rows);
    out.begin_object();
    out.key("vectors");
    out.begin_array();
    for (uint64_t row = 0; row < call.rows.count; ++row) {
        out.begin_object();
        out.field("id", view(call.rows.ids[row]));
        out.key("vector");
        codec::write_vector(out, column, row, call.options.vectors());
        out.key("payload");
        write_payload(out, call.options, call.rows, row);
        out.end_object();
    }
    out.end_array();
    out.field("total", call.number);
    out.field("limit", uint64_t{call.options.limit});
    out.field("offset", call.offset);
    if (call.rows.count < call.number) {
        out.field("message", "Showing " + std::to_string(call.rows.count) + " of " + std::to_string(call.number) +
                                 " vectors. Use pagination for more.");
    } else {
        out.field_null("message");
    }
    if (call.rows.cursor.size == 0) {
        out.field_null("next_cursor");
    } else {
        out.field("next_cursor", view(call.rows.cursor));
    }
    out.end_object();
}

void scanned(Call& base) {
    auto& call = static_cast<PageCall&>(base);
    if (call.op.status != VZ_OK) return fail_op(call);
    call.rows.struct_size = sizeof(vz_rows);
    const vz_status status = vz_result_rows(call.result, 0, &call.rows, &call.error);
    if (status != VZ_OK) return fail_status(call, status);
    call.number =
        codec::total_of(call.rows, call.number, call.cursor.empty() ? std::optional(call.offset) : std::nullopt);
    deliver(call, codec::estimate(call.rows, call.options.vectors()), &write_page);
}

void page_counted(Call& base) {
    auto& call = static_cast<PageCall&>(base);
    if (call.op.status != VZ_OK) return fail_op(call);
    fill_parts(call.options, call.parts);
    call.wanted.struct_size = sizeof(vz_scan_request);
    call.wanted.filter = borrowed(call.options.filter);
    call.wanted.cursor = borrowed(call.cursor);
    call.wanted.skip = call.offset;
    call.wanted.parts = &call.parts;
    call.wanted.deadline_ns = call.view->deadline_ns;
    call.wanted.limit = call.options.limit;
    submit(call, VZ_OP_SCAN, call.names.collection, &call.wanted, &call.result, &scanned);
}

void submit_count(PageCall& call, Continue next) {
    call.counted.struct_size = sizeof(vz_count_request);
    name_filter(call, call.options.filter_sent);
    call.counted.filter = borrowed(call.options.filter);
    call.counted.deadline_ns = call.view->deadline_ns;
    submit(call, VZ_OP_COUNT, call.names.collection, &call.counted, &call.number, next);
}

void write_count(Call& call, json::Writer& out) {
    out.begin_object();
    out.field("collection", call.names.collection);
    out.field("count", call.number);
    out.end_object();
}

void counted(Call& call) {
    if (call.op.status != VZ_OK) return fail_op(call);
    deliver(call, 0, &write_count);
}

PageCall* begin_page(vzh_request* request, const vzh_view* view_in) {
    auto* call = begin<PageCall>(request, view_in);
    if (call != nullptr) call->options = default_options(*call->frontend);
    return call;
}

// min_score is the reference's; 0 asks for nothing.
bool refuse_min_score(Call& call) {
    const auto text = query(call, "min_score");
    if (!text) return false;
    double score = 0;
    const auto [at, error] = std::from_chars(text->data(), text->data() + text->size(), score);
    if (error != std::errc{} || at != text->data() + text->size() || !std::isfinite(score)) {
        fail(call, codec::validation("min_score", "must be a number"));
        return true;
    }
    if (score == 0) return false;
    fail(call, codec::unimplemented("min_score"));
    return true;
}

}  // namespace

void list_vectors(vzh_request* request, const vzh_view* view_in) {
    auto* call = begin_page(request, view_in);
    if (call == nullptr || refuse_min_score(*call)) return;
    Options& options = call->options;
    uint64_t limit = options.limit;
    bool with_vector = true;
    bool with_payload = true;
    if (!query_number(*call, "limit", 1, call->frontend->results_max, limit) ||
        !query_number(*call, "offset", 0, kOffsetMax, call->offset) || !query_flag(*call, "with_vector", with_vector) ||
        !query_flag(*call, "with_payload", with_payload) || !query_format(*call, options.format)) {
        return;
    }
    options.limit = static_cast<uint32_t>(limit);
    options.with_vector = with_vector;
    options.with_payload = with_payload;
    if (const auto cursor = query(*call, "cursor"); cursor && !cursor->empty()) {
        if (call->offset != 0) return fail(*call, codec::validation("cursor", "excludes `offset`"));
        call->cursor = *cursor;
    }
    if (enter(*call, call->param(0), VZH_READ)) submit_count(*call, &page_counted);
}

void scroll(vzh_request* request, const vzh_view* view_in) {
    auto* call = begin_page(request, view_in);
    if (call == nullptr) return;
    if (view_in->body.size != 0) {
        json::Reader reader(view(view_in->body), call->arena);
        const bool good = reader.read(kScrollFields, [&](uint32_t id, Value value) {
            if (id != kCursor) return read_option(reader, id, value, *call->frontend, call->options);
            return reader.is_null(value) || reader.string(value, call->cursor);
        });
        if (!good) return fail_reading(*call, reader);
    }
    if (enter(*call, call->param(0), VZH_READ)) submit_count(*call, &page_counted);
}

void count(vzh_request* request, const vzh_view* view_in) {
    auto* call = begin_page(request, view_in);
    if (call == nullptr) return;
    if (view_in->body.size != 0) {
        json::Reader reader(view(view_in->body), call->arena);
        const bool good = reader.read(kCountFields, [&](uint32_t id, Value value) {
            return read_option(reader, id, value, *call->frontend, call->options);
        });
        if (!good) return fail_reading(*call, reader);
    }
    if (enter(*call, call->param(0), VZH_READ)) submit_count(*call, &counted);
}

}  // namespace vz::rest
