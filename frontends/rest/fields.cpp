#include "frontends/rest/fields.hpp"

#include <algorithm>
#include <charconv>
#include <string>

#include "frontends/codec/filter.hpp"

namespace vz::rest {
namespace {

constexpr uint32_t kPayloadPathsMax = 1'024;

bool read_payload_paths(json::Reader& reader, json::Value value, Options& options) {
    uint32_t count = 0;
    uint32_t capacity = 0;
    vz_str* paths = nullptr;
    const bool good = reader.array(value, [&](uint64_t, json::Value element) {
        if (count == kPayloadPathsMax) return reader.mistake("more than 1024 keys");
        if (count == capacity) {
            capacity = capacity == 0 ? 8 : capacity * 2;
            auto* wider = reader.arena().make<vz_str>(capacity);
            if (wider == nullptr) return reader.out_of_memory();
            for (uint32_t i = 0; i < count; ++i) wider[i] = paths[i];
            paths = wider;
        }
        std::string_view path;
        if (!reader.string(element, path)) return false;
        paths[count++] = borrowed(path);
        return true;
    });
    options.with_payload = count != 0;
    options.keeps_no_key = count == 0;
    options.payload_paths = paths;
    options.payload_path_count = count;
    return good;
}

std::optional<codec::VectorFormat> parse_format(std::string_view text) {
    if (text == "array") return codec::VectorFormat::kArray;
    if (text == "base64") return codec::VectorFormat::kBase64;
    return std::nullopt;
}

}  // namespace

Options default_options(const vz_frontend& frontend) {
    Options options{};
    options.limit = static_cast<uint32_t>(std::min<uint64_t>(10, frontend.results_max));
    options.with_payload = 1;
    options.with_vector = 1;
    options.format = codec::VectorFormat::kArray;
    return options;
}

bool read_option(json::Reader& reader, uint32_t id, json::Value value, const vz_frontend& frontend, Options& options) {
    if (reader.is_null(value)) return true;
    options.set |= 1u << (id - kLimit);
    bool flag = false;
    double real = 0;
    uint64_t whole = 0;
    std::string_view text;
    switch (id) {
        case kLimit:
            if (!reader.unsigned_integer(value, 1, frontend.results_max, whole)) return false;
            options.limit = static_cast<uint32_t>(whole);
            options.limit_field = reader.spelling();
            return true;
        case kThreshold: return reader.float32(value, options.threshold);
        case kFilter: return read_filter(reader, value, options.filter_sent, options.filter);
        case kWithPayload:
            if (reader.kind(value) == json::Kind::kArray) return read_payload_paths(reader, value, options);
            if (!reader.boolean(value, flag)) return false;
            options.with_payload = flag;
            return true;
        case kWithVector:
            if (!reader.boolean(value, flag)) return false;
            options.with_vector = flag;
            return true;
        case kVectorFormat: {
            if (!reader.string(value, text)) return false;
            const auto format = parse_format(text);
            if (!format) return reader.mistake("must be \"array\" or \"base64\"");
            options.format = *format;
            return true;
        }
        case kEffort:
            if (!reader.unsigned_integer(value, 1, VZ_EFFORT_MAX, whole)) return false;
            options.effort = static_cast<uint32_t>(whole);
            options.effort_field = reader.spelling();
            return true;
        case kRecall:
            if (!reader.number(value, real)) return false;
            options.recall = static_cast<float>(real);
            if (!(real >= 0.5 && options.recall < 1)) return reader.mistake("must be at least 0.5 and below 1");
            return true;
        case kExact:
            if (!reader.boolean(value, flag)) return false;
            options.exact = flag;
            return true;
        default: return true;
    }
}

bool read_filter(json::Reader& reader, json::Value value, std::string_view& sent, std::string_view& filter) {
    if (!reader.raw_object(value, sent)) return false;
    filter = sent;
    const codec::RewrittenFilter rewritten = codec::rewrite_filter(sent);
    if (rewritten.spelling == codec::Spelling::kPlain) return true;
    if (rewritten.spelling == codec::Spelling::kTooMany) return reader.mistake(rewritten.reason);
    if (rewritten.spelling == codec::Spelling::kWrong) {
        const char* reason = nullptr;
        const bool is_json = json::check_json(sent, nullptr, &reason) || reason == json::kTooDeep;
        return is_json ? reader.filter_mistake(rewritten.field, rewritten.reason, sent, rewritten.offset)
                       : reader.damaged();
    }
    filter = reader.arena().copy(rewritten.text);
    return filter.data() != nullptr || reader.out_of_memory();
}

void name_filter(Call& call, std::string_view sent) {
    call.names.filter = sent;
    if (sent.data() != nullptr) call.names.filter_begin = static_cast<uint64_t>(sent.data() - call.view->body.data);
}

void name_options(Call& call, const Options& options) {
    if (!options.limit_field.empty()) call.names.limit = options.limit_field;
    name_filter(call, options.filter_sent);
}

void inherit(Options& options, const Options& defaults) {
    if (!options.has(kLimit)) options.limit = defaults.limit;
    if (!options.has(kThreshold)) options.threshold = defaults.threshold;
    if (!options.has(kFilter)) options.filter = defaults.filter;
    if (!options.has(kWithPayload)) {
        options.with_payload = defaults.with_payload;
        options.keeps_no_key = defaults.keeps_no_key;
        options.payload_paths = defaults.payload_paths;
        options.payload_path_count = defaults.payload_path_count;
    }
    if (!options.has(kWithVector)) options.with_vector = defaults.with_vector;
    if (!options.has(kVectorFormat)) options.format = defaults.format;
    // One way to say how hard to search replaces another.
    if (!options.has(kEffort) && !options.has(kRecall) && !options.has(kExact)) {
        options.effort = defaults.effort;
        options.effort_field = defaults.effort_field;
        options.recall = defaults.recall;
        options.exact = defaults.exact;
    }
    options.set |= defaults.set;
}

bool check_options(json::Reader& reader, const Options& options) {
    const std::string effort = "excludes `" + std::string(options.effort_field) + "`";
    if (options.recall != 0 && options.effort != 0) return reader.mistake("recall", effort);
    if (options.exact != 0 && options.effort != 0) return reader.mistake("exact", effort);
    if (options.exact != 0 && options.recall != 0) return reader.mistake("exact", "excludes `recall`");
    return true;
}

void fill_parts(const Options& options, vz_parts& parts) {
    parts = vz_parts{};
    parts.struct_size = sizeof parts;
    if (options.with_payload != 0) parts.flags |= VZ_PARTS_PAYLOAD;
    if (options.with_vector != 0) parts.flags |= VZ_PARTS_VECTORS;
    parts.payload_paths = options.payload_paths;
    parts.payload_path_count = options.payload_path_count;
}

void write_payload(json::Writer& out, const Options& options, const vz_rows& rows, uint64_t row) {
    if (options.keeps_no_key != 0) {
        out.raw("{}");
    } else {
        codec::write_payload(out, rows, row);
    }
}

std::optional<std::string_view> query(const Call& call, std::string_view name) {
    for (uint32_t i = 0; i < call.view->query_count; ++i) {
        if (view(call.view->query[i].key) == name) return view(call.view->query[i].value);
    }
    return std::nullopt;
}

bool query_flag(Call& call, std::string_view name, bool& out) {
    const auto text = query(call, name);
    if (!text) return true;
    if (*text != "true" && *text != "false") {
        fail(call, codec::validation(name, "must be true or false"));
        return false;
    }
    out = *text == "true";
    return true;
}

bool query_number(Call& call, std::string_view name, uint64_t least, uint64_t most, uint64_t& out) {
    const auto text = query(call, name);
    if (!text) return true;
    uint64_t number = 0;
    const auto [at, error] = std::from_chars(text->data(), text->data() + text->size(), number);
    if (error != std::errc{} || at != text->data() + text->size() || number < least || number > most) {
        fail(call, codec::validation(
                       name, "must be an integer from " + std::to_string(least) + " to " + std::to_string(most)));
        return false;
    }
    out = number;
    return true;
}

bool query_results(Call& call, bool& only_errors) {
    const auto results = query(call, "results");
    only_errors = results && *results == "errors";
    if (!results || only_errors || *results == "all") return true;
    fail(call, codec::validation("results", "must be \"errors\" or \"all\""));
    return false;
}

bool query_format(Call& call, codec::VectorFormat& out) {
    const auto text = query(call, "vector_format");
    if (!text) return true;
    const auto format = parse_format(*text);
    if (!format) {
        fail(call, codec::validation("vector_format", "must be \"array\" or \"base64\""));
        return false;
    }
    out = *format;
    return true;
}

void fail_reading(Call& call, const json::Reader& reader) { fail(call, codec::from_reader(reader.error())); }

}  // namespace vz::rest
