// Several queries of one request. Each has its own options and its own fate, so each is an op of its own; all are
// submitted together.
#include <algorithm>

#include <atomic>

#include "frontends/rest/describe.hpp"
#include "frontends/rest/handlers.hpp"
#include "frontends/rest/list.hpp"
#include "frontends/rest/query.hpp"

namespace vz::rest {
namespace {

constexpr uint64_t kQueriesMax = 1'000;
constexpr uint64_t kLimitSumMax = 100'000;

constexpr auto kBatchFields = joined(
    std::array<json::Field, 2>{{{"collection", kQueryCollection}, {"queries", kQueryList}}}, kSearchOptionFields);
constexpr auto kPartFields = joined(kQueryMembers, kSearchOptionFields);

struct BatchSearch;

struct Part {
    vz_op op;
    vz_error error;
    vz_search_request wanted;
    vz_parts parts;
    vz_result* result;
    BatchSearch* batch;
    Query query;
    ItemFault fault;  // set: the engine is not asked
};

struct BatchSearch : Call {
    Part* parts;
    uint64_t part_count;
    vz_metric metric;
    const float* floats;
    std::atomic<uint64_t> running;
};

std::string place_of(uint64_t index) { return "queries[" + std::to_string(index) + "]."; }

ItemFault fault_of(const Part& part, vz_status status, uint64_t index) {
    if (part.fault.message.data != nullptr) return part.fault;
    vz_error error = part.error;
    if (error.status != status) {
        error = vz_error{};
        error.status = status;
    }
    error.item = VZ_NO_ITEM;
    const std::string place = place_of(index);
    codec::Names names = part.batch->names;
    names.place = place;
    if (part.query.dimension != 0 && !part.query.is_text() && !part.query.field.empty())
        names.vector = part.query.field;
    return keep(*part.batch, codec::from_engine(error, names));
}

void write_text(json::Writer& out, const Query& query) {
    if (query.text.data() == nullptr) {
        out.field_null("query");
    } else {
        out.field("query", query.text);
    }
}

void write_part(json::Writer& out, BatchSearch& call, Part& part, uint64_t index, uint64_t& failed) {
    const json::Writer::Mark mark = out.mark();
    vz_status status = part.op.status;
    if (part.result != nullptr) {
        vz_rows rows{};
        rows.struct_size = sizeof rows;
        status = vz_result_rows(part.result, 0, &rows, &part.error);
        if (status == VZ_OK) {
            note_search(call, rows);
            out.begin_object();
            write_hits(out, rows, part.query, call.metric, call.names.collection);
            out.field("index", index);
            out.field("status", "ok");
            write_text(out, part.query);
            out.end_object();
            status = vz_result_check(part.result, &part.error);
            if (status == VZ_OK) return;
            out.rewind(mark);
        }
    }
    ++failed;
    out.begin_object();
    out.field("index", index);
    write_fault(out, fault_of(part, status, index));
    write_text(out, part.query);
    out.end_object();
}

void write_batch(Call& base, json::Writer& out) {
    auto& call = static_cast<BatchSearch&>(base);
    uint64_t failed = 0;
    out.begin_object();
    out.field("collection", call.names.collection);
    out.field("count", call.part_count);
    out.key("results");
    out.begin_array();
    for (uint64_t i = 0; i < call.part_count; ++i) {
        write_part(out, call, call.parts[i], i, failed);
        vz_result_release(call.parts[i].result);
        call.parts[i].result = nullptr;
    }
    out.end_array();
    out.field("succeeded", call.part_count - failed);
    out.field("failed", failed);
    out.end_object();
}

void finish(Call& base) { deliver(base, 0, &write_batch); }

void part_done(vz_op* op) VZ_NOEXCEPT {
    BatchSearch& call = *static_cast<Part*>(op->user)->batch;
    if (call.running.fetch_sub(1, std::memory_order_acq_rel) != 1) return;
    ended(call);
    on_worker(call, &finish);
}

bool read_part(json::Reader& reader, json::Value value, const vz_frontend& frontend, json::Floats& floats,
               Query& query) {
    if (reader.kind(value) == json::Kind::kString) return reader.string(value, query.text);
    return reader.object(value, kPartFields, [&](uint32_t id, json::Value member) {
        return read_query_member(reader, id, member, frontend, floats, query);
    });
}

// What is to be done with a query that was read without a mistake; options left open come from the request.
codec::Failure refusal_of(json::Reader& reader, Part& part, const Options& defaults, uint64_t index) {
    inherit(part.query.options, defaults);
    if (!check_options(reader, part.query.options)) {
        json::Error mistake = reader.take_mistake();
        mistake.field.insert(0, place_of(index));
        return codec::from_reader(mistake);
    }
    if (part.query.dimension != 0 || part.query.is_text()) return {};
    return codec::validation(place_of(index) + "vector", "required");
}

void submit_parts(BatchSearch& call) {
    auto* ops = call.arena.make<vz_op*>(call.part_count);
    if (ops == nullptr) return fail(call, codec::overloaded());
    uint32_t count = 0;
    for (uint64_t i = 0; i < call.part_count; ++i) {
        Part& part = call.parts[i];
        part.batch = &call;
        if (part.fault.message.data != nullptr) continue;
        fill_search(part.query, call.floats, call.metric, call.view->deadline_ns, part.parts, part.wanted);
        vzh_searches(call.request, part.wanted.k);
        part.op.struct_size = sizeof(vz_op);
        part.op.kind = VZ_OP_SEARCH;
        part.op.collection = borrowed(call.names.collection);
        part.op.request = &part.wanted;
        part.op.answer = &part.result;
        part.op.done = &part_done;
        part.op.user = &part;
        part.op.error = &part.error;
        ops[count++] = &part.op;
    }
    if (count == 0) return on_worker(call, &finish);
    call.running.store(count, std::memory_order_release);
    const vz_status status = submit_ops(call, ops, count);
    if (status != VZ_OK) fail_status(call, status);
}

// The texts among the queries become vectors.
void embed_parts(Call& base) {
    auto& call = static_cast<BatchSearch&>(base);
    codec::TextCollection texts;
    const codec::Failure failure = texts.read(call.frontend->engine, call.names.collection, call.names);
    if (codec::is_failure(failure)) return fail(call, failure);
    for (uint64_t i = 0; i < call.part_count; ++i) {
        Part& part = call.parts[i];
        if (part.fault.message.data != nullptr || !part.query.is_text()) continue;
        const std::string place = place_of(i);
        call.names.place = place;
        const codec::Failure refused = embed_query(call, texts, part.query);
        if (codec::is_failure(refused)) part.fault = keep(call, refused);
        call.names.place = {};
    }
    submit_parts(call);
}

}  // namespace

void batch_search(vzh_request* request, const vzh_view* view_in) {
    auto* call = begin<BatchSearch>(request, view_in);
    if (call == nullptr) return;
    Options defaults = default_options(*call->frontend);
    json::Floats floats;
    List<Part> parts(call->arena);
    json::Reader reader(view(view_in->body), call->arena);
    std::string_view collection;
    const auto read_parts = [&](json::Value value) {
        return reader.array(value, [&](uint64_t, json::Value element) {
            if (parts.size() == kQueriesMax) {
                reader.mistake("more than 1000 queries");
                return false;
            }
            Part* part = parts.add();
            if (part == nullptr) return reader.out_of_memory();
            const uint64_t before = floats.count;
            if (read_part(reader, element, *call->frontend, floats, part->query)) return true;
            if (!reader.has_mistake()) return false;
            floats.count = before;
            part->query.dimension = 0;
            part->fault = keep(*call, codec::from_reader(reader.take_mistake()));
            return true;
        });
    };
    const bool good = reader.read(kBatchFields, [&](uint32_t id, json::Value value) {
        if (id == kQueryList) return read_parts(value);
        if (id == kQueryCollection) return reader.is_null(value) || reader.string(value, collection);
        return read_option(reader, id, value, *call->frontend, defaults);
    });
    if (!good) return fail_reading(*call, reader);
    if (collection.data() == nullptr) return fail(*call, codec::validation("collection", "required"));
    if (parts.size() == 0) return fail(*call, codec::validation("queries", "must not be empty"));

    uint64_t limits = 0;
    for (uint64_t i = 0; i < parts.size(); ++i) {
        if (parts[i].fault.message.data != nullptr) continue;
        const codec::Failure refusal = refusal_of(reader, parts[i], defaults, i);
        if (codec::is_failure(refusal)) parts[i].fault = keep(*call, refusal);
        limits += parts[i].query.options.limit;
    }
    if (limits > kLimitSumMax)
        return fail(*call, codec::validation("queries", "the limits add up to more than 100000"));
    call->parts = parts.data();
    call->part_count = parts.size();
    if (!enter(*call, collection, VZH_READ) || !find_metric(*call, collection, call->metric)) return;
    call->floats = floats.data;
    const auto is_text = [](const Part& part) { return part.query.is_text(); };
    if (std::any_of(call->parts, call->parts + call->part_count, is_text)) return on_worker(*call, &embed_parts);
    submit_parts(*call);
}

}  // namespace vz::rest
