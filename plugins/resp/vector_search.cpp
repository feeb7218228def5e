// VSIM: the nearest elements of a vector or of an element.
#include "frontends/codec/filter.hpp"
#include "plugins/resp/vector_set.hpp"

namespace resp {
namespace {

constexpr int64_t kHitsMax = 10'000;
constexpr int64_t kEffortMax = VZ_EFFORT_MAX;

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

void give_hits(Replies& answer, const FieldShape& shape, const SearchOptions& options, const vz::Rows& rows) {
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

}  // namespace

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
    const vz::Rows rows = hits->rows();
    if (!session.reserve_reply(reply_bytes(rows, options.with_attributes))) return;
    reply_whole(session, *hits, [&](Replies& answer) { give_hits(answer, *shape, options, rows); });
}

}  // namespace resp
