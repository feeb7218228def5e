#include "frontends/rest/auto_creation.hpp"
#include "frontends/text/names.hpp"

namespace vz::rest {
namespace {

void made(Call& base) {
    auto& call = static_cast<CreatingCall&>(base);
    if (call.op.status != VZ_OK && call.op.status != VZ_ALREADY_EXISTS) return fail_op(call);
    call.created = call.op.status == VZ_OK;
    // Of somebody else, who may take it back: then it is made again.
    call.may_create = !call.created;
    call.change = {};
    call.change.struct_size = sizeof call.change;
    call.then(call);
}

void taken_back(Call& base) {
    auto& call = static_cast<CreatingCall&>(base);
    call.created = call.op.status != VZ_OK && call.op.status != VZ_NOT_FOUND;
    call.op.status = call.refused;
    call.error = call.refusal;
    call.then(call);
}

}  // namespace

void create_missing(CreatingCall& call, uint64_t part, codec::NewCollection wanted, vz_str metadata, Continue then) {
    if (const char* reason = text::refuse_collection_name(call.names.collection))
        return fail(call, codec::validation("collection", reason));
    const auto was_written = was_done(call, part);
    if (!was_written) return;
    // It will be answered and not done again: a collection made for it would stay empty.
    if (*was_written) return then(call);
    wanted.name = call.names.collection;
    codec::fill_schema(wanted, metadata, call.field, call.schema);
    call.then = then;
    submit(call, VZ_OP_COLLECTION_CREATE, call.names.collection, &call.schema, &call.change, &made);
}

void take_back(CreatingCall& call, Continue end) {
    if (!call.created) return end(call);
    call.refused = call.op.status;
    call.refusal = call.error;
    call.then = end;
    call.change = {};
    call.change.struct_size = sizeof call.change;
    call.change.flags = VZ_IF_EMPTY;
    submit(call, VZ_OP_COLLECTION_DROP, call.names.collection, nullptr, &call.change, &taken_back);
}

}  // namespace vz::rest
