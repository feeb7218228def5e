#include "engine/abi/text_ranking.hpp"

#include <algorithm>

#include "engine/abi/guard.hpp"
#include "engine/base/bytes.hpp"
#include "engine/base/id.hpp"
#include "engine/base/limits.hpp"
#include "engine/collection/fusion.hpp"

namespace vz {
namespace {

constexpr uint32_t kFusedByDefault = 20;

Result<const FieldIndexSchema*> find_index(const Schema& schema, std::string_view path) {
    const FieldIndexSchema* found = nullptr;
    for (const FieldIndexSchema& index : schema.field_indexes) {
        if (index.kind != VZ_FIELD_INDEX_TEXT || (path.data() != nullptr && index.path != path)) continue;
        if (found != nullptr) {
            return failure(VZ_INVALID_ARGUMENT, "there are several text indexes; name the path of one")
                .field("text.path")
                .reason(VZ_REASON_REQUIRED);
        }
        found = &index;
    }
    if (found != nullptr) return found;
    return failure(VZ_NOT_FOUND, "the collection has no such text index")
        .field("text.path")
        .reason(VZ_REASON_FIELD_INDEX);
}

Status check_texts(const vz_str* texts, uint64_t count) {
    if (texts == nullptr)
        return failure(VZ_INVALID_ARGUMENT, "there are no texts").field("text.texts").reason(VZ_REASON_REQUIRED);
    for (uint64_t i = 0; i < count; ++i) {
        const std::string_view text = view(texts[i]);
        if (text.size() > kQueryTextBytesMax) {
            return failure(VZ_LIMIT_EXCEEDED, "the text of a query has at most 64 KiB")
                .field("query_text_bytes_max")
                .expected(kQueryTextBytesMax)
                .actual(static_cast<int64_t>(text.size()))
                .item(i);
        }
        if (!is_valid_utf8(text))
            return failure(VZ_INVALID_ARGUMENT, "the text is not UTF-8")
                .field("text.texts")
                .reason(VZ_REASON_NAME)
                .item(i);
    }
    return {};
}

// What means nothing without query vectors.
Status check_alone(const vz_search_request& request, const vz_text_query& text) {
    const auto conflict = [](const char* field) {
        return failure(VZ_INVALID_ARGUMENT, "this needs query vectors beside the texts")
            .field(field)
            .reason(VZ_REASON_CONFLICTING);
    };
    if ((request.flags & VZ_SEARCH_EXACT) != 0) return conflict("flags");
    if (request.effort != 0) return conflict("effort");
    if (request.rerank != 0) return conflict("rerank");
    if (request.recall_target != 0) return conflict("recall_target");
    const vz_matrix& none = request.queries;
    if (none.dim != 0 || none.element != 0 || none.stride_bytes != 0) return conflict("queries");
    if (text.fusion != 0) return conflict("text.fusion");
    if (text.alpha != 0) return conflict("text.alpha");
    if (text.dense_k != 0) return conflict("text.dense_k");
    if (text.text_k != 0) return conflict("text.text_k");
    return {};
}

Result<uint32_t> hits_of(uint32_t asked, uint32_t wanted, const char* field) {
    if (asked > kHitsMax) {
        return failure(VZ_INVALID_ARGUMENT, "a ranking has at most 65,536 hits")
            .field(field)
            .reason(VZ_REASON_RANGE)
            .expected(kHitsMax)
            .actual(asked);
    }
    return asked != 0 ? asked : std::max(wanted, kFusedByDefault);
}

}  // namespace

Result<TextRanking> check_text(const vz_search_request& request, const Schema& schema) {
    TextRanking ranking;
    if (request.text == nullptr) return ranking;
    vz_text_query given;
    VZ_TRY(take_in(request.text, &given));
    ranking.is_wanted = true;
    ranking.has_vectors = request.queries.data != nullptr;
    if (given.reserved != 0)
        return failure(VZ_UNSUPPORTED, "a member of the text query is not known").field("text.reserved");
    VZ_ASSIGN(ranking.index, find_index(schema, view(given.path)));
    VZ_TRY(check_texts(given.texts, request.queries.rows));
    if (!ranking.has_vectors) {
        VZ_TRY(check_alone(request, given));
        return ranking;
    }
    if (given.fusion == 0)
        return failure(VZ_INVALID_ARGUMENT, "vectors and texts need a fusion")
            .field("text.fusion")
            .reason(VZ_REASON_REQUIRED);
    if (given.fusion > VZ_FUSION_WEIGHTED)
        return failure(VZ_INVALID_ARGUMENT, "there is no such fusion").field("text.fusion").reason(VZ_REASON_ENUM);
    if (given.fusion != VZ_FUSION_WEIGHTED && given.alpha != 0) {
        return failure(VZ_INVALID_ARGUMENT, "ranks are fused without alpha")
            .field("text.alpha")
            .reason(VZ_REASON_CONFLICTING);
    }
    if (!(given.alpha >= 0.0F && given.alpha <= 1.0F)) {
        return failure(VZ_INVALID_ARGUMENT, "alpha is 0 to 1").field("text.alpha").reason(VZ_REASON_RANGE);
    }
    const auto wanted = static_cast<uint32_t>(std::min<uint64_t>(uint64_t{request.k} + request.skip, kHitsMax));
    VZ_ASSIGN(ranking.dense_k, hits_of(given.dense_k, wanted, "text.dense_k"));
    VZ_ASSIGN(ranking.text_k, hits_of(given.text_k, wanted, "text.text_k"));
    ranking.fusion = given.fusion;
    ranking.alpha = given.alpha;
    return ranking;
}

std::vector<Hit> TextRanking::fuse(vz_metric metric, const std::vector<Hit>& dense,
                                   const std::vector<Hit>& text) const {
    return fusion == VZ_FUSION_RRF ? fuse_by_rank(dense, text) : fuse_weighted(metric, dense, text, alpha);
}

}  // namespace vz
