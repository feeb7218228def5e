#include "engine/abi/explain.hpp"

#include <cstdio>

#include "engine/base/bytes.hpp"
#include "engine/index/kernels.hpp"

namespace vz {
namespace {

const char* source_name(FilterSource source) {
    switch (source) {
        case FilterSource::kRowByRow: return "row by row";
        case FilterSource::kCache: return "known";
        case FilterSource::kIndex: return "index";
        default: return "payloads";
    }
}

// As the inside of a JSON string.
std::string escaped(const std::string& text) {
    std::string out;
    for (const char c : text) {
        if (static_cast<unsigned char>(c) < 0x20) {
            char code[8];
            std::snprintf(code, sizeof code, "\\u%04x", c);
            out += code;
            continue;
        }
        if (c == '"' || c == '\\') out += '\\';
        out += c;
    }
    return out;
}

const char* layout_name(Layout layout) {
    switch (layout) {
        case Layout::kSq8: return "lean-sq8";
        case Layout::kBytes: return "lean-bytes";
        default: return "fp32";
    }
}

const char* plan_name(uint32_t plan) {
    switch (plan) {
        case VZ_PLAN_FILTER_FIRST: return "filter_first";
        case VZ_PLAN_GRAPH: return "graph";
        case VZ_PLAN_EXPAND: return "expand";
        case VZ_PLAN_MIXED: return "mixed";
        default: return "exact";
    }
}

// For people; grows freely.
void add_text(const TextReport& report, std::string* text) {
    char number[64];
    *text += ",\"text\":{\"texts\":" + std::to_string(report.texts);
    std::snprintf(number, sizeof number, ",\"mean_words\":%.4g", report.mean_words);
    *text += std::string(number) + ",\"scored\":" + std::to_string(report.scored) +
             ",\"us\":" + std::to_string(report.ns / 1000) + ",\"words\":[";
    for (size_t i = 0; i < report.words.size(); ++i) {
        const TextReport::Word& word = report.words[i];
        std::snprintf(number, sizeof number, "\",\"texts\":%llu,\"weight\":%.4g}",
                      static_cast<unsigned long long>(word.texts), word.weight);
        *text += std::string(i == 0 ? "" : ",") + "{\"word\":\"" + escaped(word.word) + number;
    }
    *text += "]}";
}

std::string explain(const NearestQuery& query, const SearchReport& report, const TextReport* words, uint64_t queue_ns,
                    uint64_t total_ns) {
    std::string text = "{\"k\":" + std::to_string(query.k);
    char number[32];
    const auto add = [&](const char* key, uint64_t value) {
        text += std::string(",\"") + key + "\":" + std::to_string(value);
    };
    const auto add_share = [&](const char* key, float value) {
        std::snprintf(number, sizeof number, "%.4g", static_cast<double>(value));
        text += std::string(",\"") + key + "\":" + number;
    };
    if (query.recall != 0) add_share("recall_target", query.recall);
    text += std::string(",\"kernels\":\"") + kernels().name + "\",\"parts\":[";
    for (size_t i = 0; i < report.parts.size(); ++i) {
        const PartReport& part = report.parts[i];
        text += i == 0 ? "{\"segment\":" : ",{\"segment\":";
        text += part.file != 0 ? std::to_string(part.file) : part.is_tail ? "\"tail\"" : "\"growing\"";
        add("rows", part.rows);
        text += std::string(",\"plan\":\"") + plan_name(part.plan) + "\"";
        if (part.plan != VZ_PLAN_EXACT) text += std::string(",\"layout\":\"") + layout_name(part.layout) + "\"";
        if (part.plan != VZ_PLAN_EXACT) {
            add("effort", part.effort);
            if (part.estimate != 0) add_share("recall_estimate", part.estimate);
            add("hops", part.hops);
            add("reranked", part.reranked);
            // Full rows in a file, which may have to come from the disk: an fp32 graph has no codes, bytes are scored
            // exactly in the graph.
            if (part.file != 0)
                add("cold_reads", part.layout == Layout::kFp32  ? part.scored
                                  : part.layout == Layout::kSq8 ? part.reranked
                                                                : 0);
        }
        add("scored", part.scored);
        if (part.is_filtered) {
            text += std::string(",\"filter\":\"") + source_name(part.filter_source) + "\"";
            if (part.filter_source != FilterSource::kRowByRow) add("passing", part.passing);
            if (!part.wanted_index.empty()) text += ",\"wants_index\":\"" + escaped(part.wanted_index) + "\"";
            add("us_filter", part.filter_ns / 1000);
        }
        if (part.plan != VZ_PLAN_EXACT) add("us_rerank", part.rerank_ns / 1000);
        add("us", part.ns / 1000);
        text += "}";
    }
    text += "]";
    if (words != nullptr) add_text(*words, &text);
    text += ",\"us\":{\"queue\":" + std::to_string(queue_ns / 1000);
    add("merge", report.merge_ns / 1000);
    add("total", total_ns / 1000);
    return text + "}}";
}

}  // namespace

void fill_profile(const NearestQuery& query, const SearchReport& report, const TextReport* words, uint64_t queue_ns,
                  uint64_t total_ns, RowSet* set) {
    vz_profile& profile = set->more().profile;
    profile.struct_size = sizeof(profile);
    for (const PartReport& part : report.parts) {
        profile.visited += part.plan == VZ_PLAN_EXACT ? part.rows : part.hops;
        profile.scored += part.scored;
        profile.reranked += part.reranked;
        if (!part.is_tail) profile.filter_passed += part.passing;
        if (!part.is_tail) profile.filter_ns += part.filter_ns;
        (part.plan == VZ_PLAN_EXACT ? profile.exact_ns : profile.graph_ns) += part.ns - part.rerank_ns;
        profile.rerank_ns += part.rerank_ns;
        if (!part.is_tail) ++profile.segments;
    }
    profile.plan = report.plan != 0 ? report.plan : static_cast<uint32_t>(VZ_PLAN_EXACT);  // of words alone
    profile.effort = report.effort;
    profile.queue_ns = queue_ns;
    profile.total_ns = total_ns;
    profile.explain = to_vz_str(set->more().explain = explain(query, report, words, queue_ns, total_ns));
}

}  // namespace vz
