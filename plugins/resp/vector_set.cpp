// The vector set commands of Redis 8 over collections: a key is a collection, an element a point, its attributes the
// payload.
#include <cmath>
#include <cstring>

#include "frontends/codec/expiry.hpp"
#include "frontends/codec/filter.hpp"
#include "frontends/codec/names.hpp"
#include "plugins/resp/random_member.hpp"
#include "plugins/resp/session.hpp"

namespace resp {
namespace {

constexpr int64_t kHitsMax = 10'000;
constexpr int64_t kDimMax = 65'536;
constexpr int64_t kEffortMax = 65'536;
constexpr int64_t kBuildEffortMin = 8, kBuildEffortMax = 4096;
constexpr int64_t kDegreeMin = 4, kDegreeMax = 256;

// Reads arguments from left to right.
class Reader {
 public:
    explicit Reader(Arguments arguments) : arguments_(arguments) {}
    bool at_end() const { return next_ == arguments_.size(); }
    // Empty at the end.
    std::string_view take() { return at_end() ? std::string_view() : arguments_[next_++]; }
    bool take_if(std::string_view word) {
        if (at_end() || !same_word(arguments_[next_], word)) return false;
        ++next_;
        return true;
    }
    bool take_integer(int64_t low, int64_t high, int64_t* out) {
        return !at_end() && parse_integer(take(), low, high, out);
    }

 private:
    Arguments arguments_;
    size_t next_ = 0;
};

// An option as somebody wrote it, fit for a line of an error.
std::string quoted(std::string_view option) {
    constexpr size_t kBytesMax = 32;
    std::string text = "'";
    for (const char c : option.substr(0, kBytesMax)) text += c >= 0x20 && c < 0x7F ? c : '?';
    return text + (option.size() > kBytesMax ? "...'" : "'");
}

std::string takes(const char* option, const std::string& what) {
    return std::string("ERR ") + option + " takes " + what;
}

std::string takes_whole(const char* option, int64_t low, int64_t high) {
    return takes(option, "a whole number from " + std::to_string(low) + " to " + std::to_string(high));
}

// FP32 blob, or VALUES n and n numbers. Empty, or the error that says what is wrong with it.
std::string take_vector(Reader& reader, std::vector<float>* out) {
    if (reader.take_if("FP32")) {
        const std::string_view blob = reader.take();
        if (blob.empty() || blob.size() % sizeof(float) != 0) return takes("FP32", "a blob of 4 bytes for each number");
        out->resize(blob.size() / sizeof(float));
        std::memcpy(out->data(), blob.data(), blob.size());
        return {};
    }
    if (!reader.take_if("VALUES"))
        return "ERR a vector is FP32 and a blob, or VALUES, a count and numbers; it does not begin with " +
               quoted(reader.take());
    int64_t count = 0;
    if (!reader.take_integer(1, kDimMax, &count)) return takes_whole("VALUES", 1, kDimMax);
    while (static_cast<int64_t>(out->size()) < count) {
        float value = 0;
        const std::string_view number = reader.take();
        if (!parse_real(number, &value))
            return takes("VALUES", std::to_string(count) + " finite numbers; number " +
                                       std::to_string(out->size() + 1) + " is " + quoted(number));
        out->push_back(value);
    }
    return {};
}

// Empty, or the error that names the first option that is wrong and what it takes.
std::string take_add_options(Reader& reader, Session::Write* write) {
    FieldShape& wanted = write->wanted;
    int64_t number = 0;
    while (!reader.at_end()) {
        if (reader.take_if("CAS")) continue;  // the engine takes writes concurrently, always
        if (reader.take_if("NOQUANT")) {
            wanted.quantization = VZ_QUANTIZATION_NONE;
        } else if (reader.take_if("Q8")) {
            wanted.quantization = VZ_QUANTIZATION_SQ8;
        } else if (reader.take_if("SETATTR")) {
            if (reader.at_end()) return takes("SETATTR", "attributes, a JSON object");
            write->payload = reader.take();
        } else if (reader.take_if("EF")) {
            if (!reader.take_integer(kBuildEffortMin, kBuildEffortMax, &number))
                return takes_whole("EF", kBuildEffortMin, kBuildEffortMax);
            wanted.build_effort = static_cast<uint32_t>(number);
        } else if (reader.take_if("M")) {
            if (!reader.take_integer(kDegreeMin, kDegreeMax, &number)) return takes_whole("M", kDegreeMin, kDegreeMax);
            wanted.degree = static_cast<uint32_t>(number);
        } else {
            return "ERR VADD has no option " + quoted(reader.take()) + "; it has CAS, NOQUANT, Q8, EF, SETATTR, M";
        }
    }
    return {};
}

const char* quantization_name(vz_quantization quantization) {
    return quantization == VZ_QUANTIZATION_SQ8 ? "int8" : quantization == VZ_QUANTIZATION_NONE ? "f32" : "auto";
}

// The option that is not what the vector set was made with; empty: there is none.
std::string difference(const FieldShape& wanted, const FieldShape& shape) {
    const auto differs = [](const char* option, const std::string& made) {
        return std::string("ERR ") + option + " differs from what the vector set was made with: " + made;
    };
    if (wanted.degree != 0 && wanted.degree != shape.degree) return differs("M", std::to_string(shape.degree));
    if (wanted.build_effort != 0 && wanted.build_effort != shape.build_effort)
        return differs("EF", std::to_string(shape.build_effort));
    if (wanted.quantization == VZ_QUANTIZATION_AUTO || wanted.quantization == shape.quantization) return {};
    return differs(wanted.quantization == VZ_QUANTIZATION_SQ8 ? "Q8" : "NOQUANT",
                   quantization_name(shape.quantization));
}

// The collection of a VADD, made if there is none. False: replied why not.
bool have_collection(Session& session, Session::Write& write) {
    const std::string_view key = write.key;
    const FieldShape& wanted = write.wanted;
    // What is remembered may be of a collection that others made anew since.
    if (wanted.degree != 0 || wanted.build_effort != 0 || wanted.quantization != VZ_QUANTIZATION_AUTO)
        session.forget(key);
    bool is_missing = false;
    const FieldShape* shape = session.shape_of(key, &is_missing);
    if (shape == nullptr && !is_missing) return false;
    if (shape == nullptr) {
        if (const char* reason = vz::codec::refuse_collection_name(key)) {
            session.finish_writes();
            session.out().error(std::string("ERR the key ") + reason);
            return false;
        }
        auto field = vz::make<vz_vector_field>();
        field.dim = static_cast<uint32_t>(write.vector.size());
        field.metric = VZ_COSINE;
        field.quantization = wanted.quantization;
        field.degree = wanted.degree;
        field.build_effort = wanted.build_effort;
        auto schema = vz::make<vz_schema>();
        schema.vector_fields = &field;
        schema.vector_field_count = 1;
        session.finish_writes();
        const vz::Expected<void> made = session.engine().create(key, schema);
        if (!made && made.error().status() != VZ_ALREADY_EXISTS) {
            session.fail(made.error());
            return false;
        }
        write.has_made_key = made.has_value();
        shape = session.shape_of(key);
        if (shape == nullptr) return false;
    }
    const std::string differs = difference(wanted, *shape);
    if (differs.empty()) return true;
    session.finish_writes();
    session.out().error(differs);
    return false;
}

// A key that was made for a point which then was refused, unless somebody else has added one by now.
void take_back(Session& session, std::string_view key) {
    auto change = vz::make<vz_change>();
    change.flags = VZ_IF_EMPTY;
    if (session.engine().drop(key, &change)) session.forget(key);
}

void reply_added(Session& session, Session::Write& write) {
    if (write.op.status == VZ_NOT_FOUND && write.error.reason == VZ_REASON_COLLECTION) {
        // Others dropped or renamed it since it was looked up.
        if (!have_collection(session, write)) return;
        session.write_again(write);
    }
    if (write.op.status != VZ_OK) {
        if (write.has_made_key) take_back(session, write.key);
        return session.fail(vz::Error(write.error));
    }
    session.out().boolean(write.answer.created != 0);
}

// Empty, or the error of attributes whose time of expiry is none.
std::string wrong_expiry(std::string_view attributes) {
    const char* const reason = vz::codec::refuse_expiry(attributes);
    return reason == nullptr ? std::string() : "ERR " + std::string(vz::codec::kExpiryKey) + " " + reason;
}

// VADD key (FP32 | VALUES num) vector element [CAS] [NOQUANT | Q8] [EF build-effort] [SETATTR json] [M links]
void vadd(Session& session, Arguments arguments) {
    Reader reader(arguments.subspan(1));
    auto write = std::make_unique<Session::Write>();
    write->key = reader.take();
    std::string wrong = take_vector(reader, &write->vector);
    write->id = reader.take();
    if (wrong.empty()) wrong = take_add_options(reader, write.get());
    // No other frontend would reach such a point. Those that are there already are read and removed as any.
    if (const char* reason = wrong.empty() ? vz::codec::refuse_id(write->id) : nullptr)
        wrong = std::string("ERR the element ") + reason;
    if (wrong.empty()) wrong = wrong_expiry(write->payload);
    if (!wrong.empty()) {
        session.finish_writes();
        return session.out().error(wrong);
    }
    if (!have_collection(session, *write)) return;
    write->request.kind = VZ_UPSERT;
    write->reply = reply_added;
    session.submit(std::move(write));
}

// 1, or 0 where there is no such collection or point.
void reply_changed(Session& session, Session::Write& write) {
    if (write.op.status != VZ_OK && write.op.status != VZ_NOT_FOUND) return session.fail(vz::Error(write.error));
    session.out().boolean(write.op.status == VZ_OK);
}

void vrem(Session& session, Arguments arguments) {
    auto write = std::make_unique<Session::Write>();
    write->key = arguments[1];
    write->id = arguments[2];
    write->request.kind = VZ_DELETE;
    write->request.condition = VZ_IF_PRESENT;
    write->reply = reply_changed;
    session.submit(std::move(write));
}

// An empty text takes the attributes away.
void vsetattr(Session& session, Arguments arguments) {
    auto write = std::make_unique<Session::Write>();
    write->key = arguments[1];
    write->id = arguments[2];
    write->payload = arguments[3].empty() ? "{}" : arguments[3];
    if (const std::string wrong = wrong_expiry(write->payload); !wrong.empty()) {
        session.finish_writes();
        return session.out().error(wrong);
    }
    write->request.kind = VZ_UPDATE;
    write->reply = reply_changed;
    session.submit(std::move(write));
}

struct SearchOptions {
    bool with_scores = false, with_attributes = false;
    int64_t count = 10, effort = 0;
    bool is_exact = false;
    float epsilon = 0;  // 0: not given
    std::string filter;
};

// Empty, or the error that names the first option that is wrong and what it takes.
std::string take_search_options(Reader& reader, SearchOptions* options) {
    while (!reader.at_end()) {
        if (reader.take_if("NOTHREAD")) continue;  // a search runs on the client's thread anyway
        if (reader.take_if("WITHSCORES")) {
            options->with_scores = true;
        } else if (reader.take_if("WITHATTRIBS")) {
            options->with_attributes = true;
        } else if (reader.take_if("TRUTH")) {
            options->is_exact = true;
        } else if (reader.take_if("COUNT")) {
            if (!reader.take_integer(1, kHitsMax, &options->count)) return takes_whole("COUNT", 1, kHitsMax);
        } else if (reader.take_if("EF")) {
            if (!reader.take_integer(1, kEffortMax, &options->effort)) return takes_whole("EF", 1, kEffortMax);
        } else if (reader.take_if("EPSILON")) {
            if (!parse_real(reader.take(), &options->epsilon) || options->epsilon <= 0 || options->epsilon > 1)
                return takes("EPSILON", "a number above 0 and up to 1");
        } else if (reader.take_if("FILTER")) {
            const std::string_view filter = reader.take();
            const size_t begin = filter.find_first_not_of(" \t\r\n");
            if (begin == std::string_view::npos || filter[begin] != '{')
                return takes("FILTER", "a filter in JSON, {...}; expressions are not supported");
            vz::codec::RewrittenFilter rewritten = vz::codec::rewrite_filter(filter);
            if (rewritten.spelling == vz::codec::Spelling::kWrong)
                return "ERR the filter: " + rewritten.field + " " + rewritten.reason;
            options->filter = rewritten.spelling == vz::codec::Spelling::kTagged ? rewritten.text : std::string(filter);
        } else {
            return "ERR VSIM has no option " + quoted(reader.take()) +
                   "; it has WITHSCORES, WITHATTRIBS, COUNT, EF, EPSILON, FILTER, TRUTH, NOTHREAD";
        }
    }
    if (options->is_exact && options->effort != 0) return "ERR TRUTH scans every element and takes no EF beside it";
    return {};
}

// Redis scores from 1, the same, to 0, the opposite. Other metrics keep the engine's score.
double score_of(const FieldShape& shape, float score) {
    return shape.metric == VZ_COSINE ? (1.0 + static_cast<double>(score)) / 2.0 : static_cast<double>(score);
}

// Not less than the reply has.
size_t reply_bytes(const vz::Rows& rows, bool with_attributes) {
    size_t bytes = kElementBytesMost;
    for (const vz::Row row : rows)
        bytes += kElementBytesMost + row.id().size() + (with_attributes ? row.payload().size() : 0);
    return bytes;
}

void reply_hits(Session& session, const FieldShape& shape, const SearchOptions& options, const vz::Result& hits) {
    const vz::Rows rows = hits.rows();
    if (!session.reserve_reply(reply_bytes(rows, options.with_attributes))) return;
    Replies& answer = session.out();
    const size_t begin = answer.bytes().size();
    const size_t columns = (options.with_scores ? 1 : 0) + (options.with_attributes ? 1 : 0);
    if (columns == 0) {
        answer.array(rows.size());
    } else if (answer.version() == 3) {
        answer.map(rows.size());
    } else {
        answer.array(rows.size() * (1 + columns));
    }
    for (const vz::Row row : rows) {
        answer.bulk(row.id());
        if (columns == 2 && answer.version() == 3) answer.array(2);
        if (options.with_scores) answer.real(score_of(shape, row.score()));
        if (!options.with_attributes) continue;
        if (row.payload() == "{}") {
            answer.null();
        } else {
            answer.bulk(row.payload());
        }
    }
    const vz::Expected<void> whole = hits.check();
    if (whole) return;
    answer.bytes().resize(begin);
    session.fail(whole.error());
}

// The vector of an element. False: replied why not.
bool read_element(Session& session, std::string_view key, std::string_view element, std::vector<float>* out) {
    auto parts = vz::make<vz_parts>();
    parts.flags = VZ_PARTS_VECTORS;
    const vz_str id = vz::str(element);
    const vz::Expected<vz::Result> got = session.engine().get(key, std::span(&id, 1), &parts);
    if (!got) return session.fail(got.error()), false;
    const vz::Rows rows = got->rows();
    const std::span<const float> vector = rows[0].vector();
    out->assign(vector.begin(), vector.end());
    if (const vz::Expected<void> whole = got->check(); !whole) return session.fail(whole.error()), false;
    if (out->empty()) session.out().error("ERR element not found in set");
    return !out->empty();
}

// VSIM key (ELE | FP32 | VALUES num) (vector | element) [WITHSCORES] [WITHATTRIBS] [COUNT n] [EF n] [EPSILON d] [FILTER
// json] [TRUTH]
void vsim(Session& session, Arguments arguments) {
    Reader reader(arguments.subspan(1));
    const std::string_view key = reader.take();
    std::vector<float> query;
    std::string_view element;
    if (reader.take_if("ELE")) {
        element = reader.take();
    } else if (const std::string wrong = take_vector(reader, &query); !wrong.empty()) {
        return session.out().error(wrong);
    }
    SearchOptions options;
    if (const std::string wrong = take_search_options(reader, &options); !wrong.empty())
        return session.out().error(wrong);
    session.forget(key);  // others may have made it anew
    if (!session.engine().stats(key)) return session.out().array(0);
    const FieldShape* shape = session.shape_of(key);
    if (shape == nullptr) return;
    if (query.empty() && !read_element(session, key, element, &query)) return;
    auto parts = vz::make<vz_parts>();
    parts.flags = VZ_PARTS_PAYLOAD;
    auto request = vz::make<vz_search_request>();
    request.queries = vz::matrix(query);
    request.k = static_cast<uint32_t>(options.count);
    request.effort = static_cast<uint32_t>(options.effort);
    if (!options.filter.empty()) request.filter = vz::str(options.filter);
    if (options.is_exact) request.flags |= VZ_SEARCH_EXACT;
    if (options.with_attributes) request.parts = &parts;
    if (options.epsilon != 0) {
        if (shape->metric != VZ_COSINE) return session.out().error("ERR EPSILON needs the cosine metric");
        request.flags |= VZ_SEARCH_SCORE_LIMIT;
        request.score_limit = 1 - 2 * options.epsilon;
    }
    const vz::Expected<vz::Result> hits = session.engine().search(key, request);
    if (!hits) return session.fail(hits.error());
    reply_hits(session, *shape, options, *hits);
}

bool is_missing(const vz::Error& error) {
    return error.status() == VZ_NOT_FOUND && error.reason() == VZ_REASON_COLLECTION;
}

void vcard(Session& session, Arguments arguments) {
    const vz::Expected<uint64_t> count = session.engine().count(arguments[1]);
    if (!count && !is_missing(count.error())) return session.fail(count.error());
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
    if (!got && !is_missing(got.error())) return session.fail(got.error());
    Replies& answer = session.out();
    const size_t begin = answer.bytes().size();
    if (got) {
        const vz::Rows rows = got->rows();
        give(answer, rows[0]);
        const vz::Expected<void> whole = got->check();
        if (whole) return;
        answer.bytes().resize(begin);
        session.fail(whole.error());
    } else {
        auto none = vz::make<vz_rows>();
        const uint64_t version = 0;
        none.versions = &version;
        none.count = 1;
        give(answer, vz::Row(none, 0));
    }
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
    if (!stats && is_missing(stats.error())) return session.out().null();
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

std::span<const Command> vector_set_commands() { return kVectorSetCommands; }

}  // namespace resp
