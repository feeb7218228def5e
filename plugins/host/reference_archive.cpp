#include "plugins/host/reference_archive.hpp"

#include <algorithm>
#include <cctype>
#include <memory>

#include "frontends/json/reader.hpp"
#include "vectorizer/types.h"

namespace vz::host {
namespace {

using json::Value;

class Memory {
 public:
    json::Arena arena() {
        return {this, [](void* owner, uint64_t bytes, uint64_t align) {
                    return static_cast<Memory*>(owner)->take(bytes, align);
                }};
    }

 private:
    void* take(uint64_t bytes, uint64_t align) {
        uint64_t room = bytes + align;
        blocks_.push_back(std::make_unique<char[]>(room));
        void* place = blocks_.back().get();
        return std::align(align, bytes, place, room);
    }
    std::vector<std::unique_ptr<char[]>> blocks_;
};

uint32_t metric_named(std::string_view name) {
    std::string plain;
    for (const char c : name) {
        if (std::isalpha(static_cast<unsigned char>(c)) != 0)
            plain += static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
    }
    if (plain == "cosine") return VZ_COSINE;
    if (plain == "euclidean" || plain == "l2") return VZ_EUCLIDEAN;
    if (plain == "dotproduct" || plain == "dot") return VZ_DOT;
    return plain == "manhattan" || plain == "l1" ? VZ_MANHATTAN : 0;
}

// One pass over an entry; what it is for is in the callbacks.
class Pass {
 public:
    Pass(const std::string& text, const std::string& entry)
        : text_(text), entry_(entry), reader_({text.data(), text.size()}, memory_.arena()) {}

    std::function<bool(size_t collection)> on_collection = [](size_t) { return true; };
    std::function<bool(Value config)> on_config = [](Value) { return true; };
    std::function<bool(std::string_view name)> on_name = [](std::string_view) { return true; };
    std::function<bool(Value vectors)> on_vectors = [](Value) { return true; };

    json::Reader& reader() { return reader_; }

    bool run(std::string* problem) {
        constexpr json::Field kRoot[] = {{"version", 0}, {"collections", 1}};
        bool has_collections = false;
        const bool good = reader_.read(kRoot, [&](uint32_t id, Value value) {
            if (id == 0) return true;
            has_collections = true;
            return reader_.array(value, [&](uint64_t i, Value collection) { return read_collection(i, collection); });
        });
        if (good && has_collections) return true;
        const json::Error& error = reader_.error();
        *problem = "entry " + entry_ + ": " +
                   (good ? "it has no collections"
                         : (error.field.empty() ? std::string() : error.field + ": ") + error.reason);
        return false;
    }

 private:
    bool read_collection(size_t i, Value collection) {
        if (!on_collection(i)) return false;
        return reader_.entries(collection, [&](std::string_view key, Value value) {
            std::string_view text;
            if (reader_.is_null(value)) return true;
            if (key == "name") return reader_.string(value, text) && on_name(text);
            if (key == "config") return on_config(value);
            return key == "vectors" ? on_vectors(value) : true;
        });
    }

    const std::string& text_;
    const std::string& entry_;
    Memory memory_;
    json::Reader reader_;
};

struct ReferenceVector {
    std::string_view id;
    std::string_view payload;
    uint64_t length = 0;
    bool is_normalized = false;
    bool has_sparse = false;
};

bool read_vector(json::Reader& reader, Value vector, json::Floats& floats, ReferenceVector* out) {
    bool has_data = false;
    const bool good = reader.entries(vector, [&](std::string_view key, Value value) {
        if (reader.is_null(value)) return true;
        if (key == "id") return reader.id(value, out->id);
        if (key == "data" || key == "vector") {
            has_data = true;
            return reader.floats(value, floats, out->length);
        }
        if (key == "payload_json") return reader.string(value, out->payload);
        if (key == "payload") return reader.raw_object(value, out->payload);
        if (key == "normalized") return reader.boolean(value, out->is_normalized);
        if (key == "sparse") out->has_sparse = true;
        return true;
    });
    if (!good) return false;
    if (out->id.data() == nullptr) return reader.mistake("id", "required");
    return has_data || reader.mistake("data", "required");
}

bool read_config(json::Reader& reader, Value config, ReferenceCollection* to) {
    return reader.entries(config, [&](std::string_view key, Value value) {
        std::string_view text;
        uint64_t number = 0;
        if (key == "dimension") {
            if (!reader.unsigned_integer(value, 1, VZ_DIM_MAX, number)) return false;
            to->dimension = static_cast<uint32_t>(number);
        } else if (key == "metric") {
            if (!reader.string(value, text)) return false;
            to->metric = metric_named(text);
            if (to->metric == 0) return reader.mistake("no such metric");
        } else if (key == "quantization" && !reader.is_null(value)) {
            const bool is_none = reader.kind(value) == json::Kind::kString && reader.string(value, text) &&
                                 (text == "None" || text == "none");
            to->was_quantized = !is_none;
        }
        return true;
    });
}

// "docs_vector_store.bin" is of "docs".
std::string name_of_entry(const std::string& entry) {
    const size_t slash = entry.rfind('/');
    const std::string file = slash == std::string::npos ? entry : entry.substr(slash + 1);
    return file.substr(0, file.rfind("_vector_store.bin"));
}

}  // namespace

bool survey_reference(const std::string& text, const std::string& entry, std::vector<ReferenceCollection>* collections,
                      std::string* problem) {
    Pass pass(text, entry);
    json::Reader& reader = pass.reader();
    json::Floats floats;
    pass.on_collection = [&](size_t) {
        collections->emplace_back();
        return true;
    };
    pass.on_name = [&](std::string_view name) {
        collections->back().name = name;
        return true;
    };
    pass.on_config = [&](Value config) { return read_config(reader, config, &collections->back()); };
    pass.on_vectors = [&](Value vectors) {
        ReferenceCollection& of = collections->back();
        return reader.array(vectors, [&](uint64_t, Value value) {
            ReferenceVector vector;
            floats.count = 0;
            if (!read_vector(reader, value, floats, &vector)) return false;
            if (of.dimension == 0) of.dimension = static_cast<uint32_t>(vector.length);
            if (vector.length != of.dimension) {
                return reader.mistake(
                    "data", "has " + std::to_string(vector.length) + " numbers, not " + std::to_string(of.dimension));
            }
            ++of.vectors;
            of.normalized += vector.is_normalized ? 1 : 0;
            of.sparse += vector.has_sparse ? 1 : 0;
            return true;
        });
    };
    const size_t first = collections->size();
    if (!pass.run(problem)) return false;
    for (size_t i = first; i < collections->size(); ++i) {
        ReferenceCollection& of = (*collections)[i];
        if (of.name.empty()) of.name = name_of_entry(entry);
        if (of.metric == 0) of.metric = VZ_COSINE;
        if (of.dimension != 0) continue;
        *problem = "entry " + entry + ": collection '" + of.name + "' has neither a dimension nor a vector";
        return false;
    }
    return true;
}

bool read_reference(const std::string& text, const std::string& entry, size_t batch_rows,
                    const std::function<bool(size_t collection, const ReferenceBatch& batch)>& take,
                    std::string* problem) {
    Pass pass(text, entry);
    json::Reader& reader = pass.reader();
    json::Floats floats;
    size_t current = 0;
    ReferenceBatch batch;
    bool is_ended = false;
    const auto flush = [&] {
        if (batch.ids.empty()) return true;
        is_ended = !take(current, batch);
        batch = {};
        return !is_ended || reader.mistake("ended");
    };
    pass.on_collection = [&](size_t i) {
        current = i;
        return true;
    };
    pass.on_vectors = [&](Value vectors) {
        const bool good = reader.array(vectors, [&](uint64_t, Value value) {
            ReferenceVector vector;
            floats.count = 0;
            if (!read_vector(reader, value, floats, &vector)) return false;
            batch.ids.emplace_back(vector.id);
            batch.payloads.emplace_back(vector.payload.data() == nullptr ? std::string_view() : vector.payload);
            batch.values.insert(batch.values.end(), floats.data, floats.data + vector.length);
            return batch.ids.size() < batch_rows || flush();
        });
        return good && flush();
    };
    if (pass.run(problem)) return true;
    if (is_ended) problem->clear();
    return false;
}

}  // namespace vz::host
