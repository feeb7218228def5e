#include "frontends/graphql/root_call.hpp"

#include <algorithm>
#include <cstring>

#include "frontends/codec/filter.hpp"
#include "frontends/codec/own_name.hpp"
#include "frontends/codec/scores.hpp"
#include "frontends/graphql/resolvers.hpp"
#include "frontends/text/abi_text.hpp"
#include "frontends/text/names.hpp"

namespace vz::graphql {
namespace {

std::string upper(std::string_view text) {
    std::string out(text);
    for (char& c : out) {
        if (c >= 'a' && c <= 'z') c = static_cast<char>(c - 'a' + 'A');
    }
    return out;
}

}  // namespace

void RootCall::expect(size_t count) {
    const std::span<EngineCall> calls = arena->array<EngineCall>(count);
    for (EngineCall& call : calls) {
        call.written.struct_size = sizeof call.written;
        call.change.struct_size = sizeof call.change;
    }
    engine_calls = calls;
}

void RootCall::set(size_t i, uint32_t kind, std::string_view collection, const void* op_request, void* answer) {
    EngineCall& call = engine_calls[i];
    call.op.struct_size = sizeof call.op;
    call.op.kind = kind;
    call.op.collection = text::borrowed(collection);
    call.op.request = op_request;
    call.op.answer = answer;
    call.op.error = &call.error;
    call.error.item = VZ_NO_ITEM;
    if (kind == VZ_OP_SEARCH) vzh_searches(request, static_cast<const vz_search_request*>(op_request)->k);
}

void RootCall::fail(const codec::Failure& failure_in) {
    FieldError* error = arena->make<FieldError>();
    error->code = arena->copy_text(upper(failure_in.error_type));
    error->message = arena->copy_text(std::string(resolver->prefix) + failure_in.message);
    if (failure_in.details != "{}") error->details = arena->copy_text(failure_in.details);
    failure = error;
}

void RootCall::fail(vz_status status, const vz_error& error) {
    vz_error known = error;
    if (known.status != status) {
        known = vz_error{};
        known.status = status;
        known.item = VZ_NO_ITEM;
    }
    fail(codec::from_engine(known, names));
}

bool RootCall::refused_id(std::string_view id, std::string_view place, uint64_t item) {
    const char* const reason = text::refuse_id(id);
    if (reason == nullptr) return false;
    const codec::Failure refusal = codec::validation(place, reason);
    fail(item == VZ_NO_ITEM ? refusal : codec::with_item(refusal, item));
    return true;
}

bool RootCall::in_turn(std::string_view collection) {
    const vz_uuid now = codec::identity(engine(), collection);
    if (has_turn && std::memcmp(&now, &turn, sizeof now) == 0) return true;
    turn = now;
    wants_turn = true;
    return false;
}

bool RootCall::sees(std::string_view collection, uint32_t permission) const {
    return vzh_sees(request, text::borrowed(collection), permission) != 0;
}

void RootCall::searched(const vz_rows& rows) const {
    if (rows.plan != 0) vzh_searched(request, codec::plan_name(rows.plan), rows.effort);
}

const vz_collection_info* as_seen(RootCall& call, const vz_collection_info* info) {
    if (info->alias_count == 0) return info;
    auto* const seen = call.arena->make<vz_collection_info>(*info);
    vz_str* const aliases = call.arena->array<vz_str>(info->alias_count).data();
    const auto is_seen = [&](vz_str alias) { return call.sees(text::view(alias), VZH_READ); };
    vz_str* const end = std::copy_if(info->aliases, info->aliases + info->alias_count, aliases, is_seen);
    seen->alias_count = static_cast<uint32_t>(end - aliases);
    seen->aliases = aliases;
    return seen;
}

const vz_collection_info* describe_if_present(RootCall& call, std::string_view collection, bool& absent) {
    vz_result* result = nullptr;
    vz_error error{};
    const vz_status status = vz_collection_describe(call.engine(), text::borrowed(collection), &result, &error);
    absent = status == VZ_NOT_FOUND;
    if (absent) return nullptr;
    if (status != VZ_OK) {
        call.fail(status, error);
        return nullptr;
    }
    call.keep(result);
    uint64_t count = 0;
    const auto* info = static_cast<const vz_collection_info*>(vz_result_items(result, VZ_RESULT_COLLECTIONS, &count));
    absent = info == nullptr || count == 0;
    return absent ? nullptr : as_seen(call, info);
}

const vz_collection_info* describe(RootCall& call, std::string_view collection) {
    bool absent = false;
    const vz_collection_info* info = describe_if_present(call, collection, absent);
    if (absent) call.fail(codec::collection_not_found(collection));
    return info;
}

vz_str filter_of(RootCall& call, const Input& input) {
    if (input.empty()) return {};
    call.names.filter = input.text;
    const codec::RewrittenFilter rewritten = codec::rewrite_filter(input.text);
    if (rewritten.spelling == codec::Spelling::kPlain) return text::borrowed(input.text);
    if (rewritten.spelling == codec::Spelling::kTooMany) {
        call.fail(codec::validation(std::string(call.names.place) + "filter", rewritten.reason));
        return {};
    }
    if (rewritten.spelling == codec::Spelling::kWrong) {
        call.fail(codec::unreadable(std::string(call.names.place) + "filter." + rewritten.field, rewritten.reason,
                                    rewritten.offset));
        return {};
    }
    return text::borrowed(call.arena->copy_text(rewritten.text));
}

bool read_number(RootCall& call, const Input& input, std::string_view name, int64_t least, int64_t most,
                 int64_t otherwise, int64_t& out) {
    out = otherwise;
    if (input.empty()) return true;
    out = input.integer;
    if (out >= least && out <= most) return true;
    const std::string reason = "must be from " + std::to_string(least) + " to " + std::to_string(most);
    call.fail(name.starts_with("hnsw") ? codec::invalid_configuration(name, reason) : codec::validation(name, reason));
    return false;
}

}  // namespace vz::graphql
