#include "plugins/resp/vector_set.hpp"

namespace resp {
namespace {

void vcard(Session& session, Arguments arguments) {
    const vz::Expected<uint64_t> count = session.engine().count(arguments[1]);
    if (!count && !is_missing_key(count.error())) return session.fail(count.error());
    session.out().integer(count ? static_cast<int64_t>(*count) : 0);
}

void vdim(Session& session, Arguments arguments) {
    session.forget(arguments[1]);
    if (const FieldShape* shape = session.shape_of(arguments[1])) session.out().integer(shape->dim);
}

// One point, whose parts `give` replies with; null where there is none.
template <class Give>
void reply_point(Session& session, Arguments arguments, uint32_t flags, Give give) {
    auto parts = vz::make<vz_parts>();
    parts.flags = flags;
    const vz_str id = vz::str(arguments[2]);
    const vz::Expected<vz::Result> got = session.engine().get(arguments[1], std::span(&id, 1), &parts);
    if (!got && !is_missing_key(got.error())) return session.fail(got.error());
    if (got) {
        const vz::Rows rows = got->rows();
        return reply_whole(session, *got, [&](Replies& answer) { give(answer, rows[0]); });
    }
    auto none = vz::make<vz_rows>();
    const uint64_t version = 0;
    none.versions = &version;
    none.count = 1;
    give(session.out(), vz::Row(none, 0));
}

void vemb(Session& session, Arguments arguments) {
    if (arguments.size() == 4) return session.out().error("ERR VEMB has no option " + quoted(arguments[3]));
    reply_point(session, arguments, VZ_PARTS_VECTORS, [](Replies& answer, const vz::Row& row) {
        if (!row.exists() || row.vector().empty()) return answer.null();
        answer.array(row.vector().size());
        for (const float value : row.vector()) answer.real(static_cast<double>(value));
    });
}

void vgetattr(Session& session, Arguments arguments) {
    reply_point(session, arguments, VZ_PARTS_PAYLOAD, [](Replies& answer, const vz::Row& row) {
        if (!row.exists() || row.payload() == "{}") return answer.null();
        answer.bulk(row.payload());
    });
}

void vismember(Session& session, Arguments arguments) {
    reply_point(session, arguments, 0, [](Replies& answer, const vz::Row& row) { answer.boolean(row.exists()); });
}

const char* metric_name(vz_metric metric) {
    switch (metric) {
        case VZ_EUCLIDEAN: return "euclidean";
        case VZ_DOT: return "dot";
        case VZ_MANHATTAN: return "manhattan";
        default: return "cosine";
    }
}

void vinfo(Session& session, Arguments arguments) {
    session.forget(arguments[1]);
    const vz::Expected<vz_collection_stats> stats = session.engine().stats(arguments[1]);
    if (!stats && is_missing_key(stats.error())) return session.out().null();
    if (!stats) return session.fail(stats.error());
    // Not the points of the figures: they count what has expired and is not deleted yet.
    const vz::Expected<uint64_t> points = session.engine().count(arguments[1]);
    if (!points) return session.fail(points.error());
    const FieldShape* shape = session.shape_of(arguments[1]);
    if (shape == nullptr) return;
    Replies& out = session.out();
    out.map(6);
    out.bulk("quant-type");
    out.bulk(quantization_name(shape->quantization));
    out.bulk("vector-dim");
    out.integer(shape->dim);
    out.bulk("size");
    out.integer(static_cast<int64_t>(*points));
    out.bulk("hnsw-m");
    out.integer(shape->degree);
    out.bulk("metric");
    out.bulk(metric_name(shape->metric));
    out.bulk("disk-bytes");
    out.integer(static_cast<int64_t>(stats->disk_bytes));
}

// An element that is not sealed yet is in no graph, and each sealed file has one of its own: what the engine would have
// to tell are no neighbours in the sense of the command.
void vlinks(Session& session, Arguments) {
    session.out().error(
        "ERR VLINKS is not supported: the links of the graph are no part of what the engine tells; VSIM key ELE "
        "element finds the nearest");
}

using vz::access::kRead;
using vz::access::kWrite;

constexpr Command kVectorSetCommands[] = {
    {"vadd", 5, kAnyNumber, kWrite, KeysAt::kFirst, true, vadd},
    {"vsim", 4, kAnyNumber, kRead, KeysAt::kFirst, false, vsim},
    {"vrem", 3, 3, kWrite, KeysAt::kFirst, true, vrem},
    {"vsetattr", 4, 4, kWrite, KeysAt::kFirst, true, vsetattr},
    {"vcard", 2, 2, kRead, KeysAt::kFirst, false, vcard},
    {"vdim", 2, 2, kRead, KeysAt::kFirst, false, vdim},
    {"vemb", 3, 4, kRead, KeysAt::kFirst, false, vemb},
    {"vgetattr", 3, 3, kRead, KeysAt::kFirst, false, vgetattr},
    {"vinfo", 2, 2, kRead, KeysAt::kFirst, false, vinfo},
    {"vismember", 3, 3, kRead, KeysAt::kFirst, false, vismember},
    {"vrandmember", 2, 3, kRead, KeysAt::kFirst, false, vrandmember},
    {"vlinks", 3, 4, kRead, KeysAt::kFirst, false, vlinks},
};

}  // namespace

const char* quantization_name(vz_quantization quantization) {
    return quantization == VZ_QUANTIZATION_SQ8 ? "int8" : quantization == VZ_QUANTIZATION_NONE ? "f32" : "auto";
}

bool is_missing_key(const vz::Error& error) {
    return error.status() == VZ_NOT_FOUND && error.reason() == VZ_REASON_COLLECTION;
}

std::span<const Command> vector_set_commands() { return kVectorSetCommands; }

}  // namespace resp
