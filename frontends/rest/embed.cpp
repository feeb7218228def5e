// The vector of a text, stored nowhere.
#include "frontends/codec/text_collection.hpp"
#include "frontends/codec/text_points.hpp"
#include "frontends/rest/fields.hpp"
#include "frontends/rest/handlers.hpp"

namespace vz::rest {
namespace {

enum EmbedId : uint32_t { kText, kModel, kCollection, kKind, kDimension, kParameters };
constexpr json::Field kFields[] = {{"text", kText}, {"model", kModel},         {"collection", kCollection},
                                   {"kind", kKind}, {"dimension", kDimension}, {"parameters", kParameters}};
constexpr std::string_view kKinds[] = {"document", "query"};
constexpr json::Field kParameterFields[] = {{"normalize", 0}};

struct EmbedCall : Call {
    std::string_view text;
    std::string_view model;
    std::string_view collection;
    bool is_query;
    uint64_t dimension;  // 0: not said
    const float* vector;
};

void write_embedding(Call& base, json::Writer& out) {
    const auto& call = static_cast<EmbedCall&>(base);
    out.begin_object();
    out.key("embedding");
    out.float32_array(call.vector, call.dimension);
    out.field("text", call.text);
    out.field("dimension", call.dimension);
    out.field("model", "bm25");
    out.end_object();
}

codec::Failure embed_in_collection(EmbedCall& call, float** vector) {
    codec::TextCollection texts;
    if (codec::Failure failure = texts.read(call.frontend->engine, call.collection, call.names);
        codec::is_failure(failure))
        return failure;
    if (codec::Failure refusal = texts.refusal(); codec::is_failure(refusal)) return refusal;
    if (call.dimension != 0 && call.dimension != texts.dimension())
        return codec::validation("dimension", "is not that of the collection");
    call.dimension = texts.dimension();
    *vector = call.arena.make<float>(call.dimension);
    if (*vector == nullptr) return codec::overloaded();
    if (call.is_query) return texts.embed_query(call.frontend->engine, "text", call.text, *vector);
    codec::Embedder embedder(texts.dimension(), texts.stemmer());
    return embedder.document(call.text, *vector) ? codec::Failure{} : codec::validation("text", "has no word");
}

codec::Failure embed_alone(EmbedCall& call, float** vector) {
    if (call.dimension == 0) call.dimension = codec::kTextDimension;
    *vector = call.arena.make<float>(call.dimension);
    if (*vector == nullptr) return codec::overloaded();
    codec::Embedder embedder(static_cast<uint32_t>(call.dimension), "none");
    return embedder.document(call.text, *vector) ? codec::Failure{} : codec::validation("text", "has no word");
}

void run(Call& base) {
    auto& call = static_cast<EmbedCall&>(base);
    float* vector = nullptr;
    const codec::Failure failure =
        call.collection.data() != nullptr ? embed_in_collection(call, &vector) : embed_alone(call, &vector);
    if (codec::is_failure(failure)) return fail(call, failure);
    call.vector = vector;
    deliver(call, 0, &write_embedding);
}

bool read_member(json::Reader& reader, uint32_t id, json::Value value, EmbedCall& call) {
    if (reader.is_null(value)) return true;
    std::string_view kind;
    bool normalize = true;
    switch (id) {
        case kText: return reader.string(value, call.text);
        case kModel: return reader.string(value, call.model);
        case kCollection: return reader.string(value, call.collection);
        case kKind:
            if (!reader.string(value, kind)) return false;
            call.is_query = kind == "query";
            return call.is_query || kind == "document" || reader.not_among(kKinds);
        case kDimension: return reader.unsigned_integer(value, codec::kTextDimensionMin, VZ_DIM_MAX, call.dimension);
        default:
            return reader.object(value, kParameterFields, [&](uint32_t, json::Value member) {
                if (reader.is_null(member)) return true;
                return reader.boolean(member, normalize) &&
                       (normalize || reader.mistake("every embedding has length 1"));
            });
    }
}

}  // namespace

void embed(vzh_request* request, const vzh_view* view_in) {
    auto* call = begin<EmbedCall>(request, view_in);
    if (call == nullptr) return;
    json::Reader reader(view(view_in->body), call->arena);
    if (!reader.read(kFields, [&](uint32_t id, json::Value value) { return read_member(reader, id, value, *call); }))
        return fail_reading(*call, reader);
    if (call->text.data() == nullptr) return fail(*call, codec::validation("text", "required"));
    if (call->model.data() != nullptr && call->model != "bm25")
        return fail(*call, codec::unsupported("unsupported_model", "model", call->model));
    if (call->is_query && call->collection.data() == nullptr)
        return fail(*call, codec::validation("collection", "required for a query"));
    if (call->text.size() > codec::kTextBytesMax) return fail(*call, codec::validation("text", "has more than 16 MiB"));
    if (call->collection.data() != nullptr && !enter(*call, call->collection, VZH_READ)) return;
    on_worker(*call, &run);
}

}  // namespace vz::rest
