#include "frontends/rest/collection_item.hpp"

#include "frontends/codec/collection.hpp"
#include "frontends/rest/describe.hpp"
#include "frontends/rest/fields.hpp"

namespace vz::rest {
namespace {

void write_item(Call& base, json::Writer& out) {
    const auto& call = static_cast<ItemCall&>(base);
    codec::write_item(out, *call.info, call.full, [&](vz_str alias) { return sees(call, alias); });
}

}  // namespace

bool wants_full(ItemCall& call) {
    const auto wanted = query(call, "view");
    call.full = wanted && *wanted == "full";
    if (!wanted || call.full || *wanted == "basic") return true;
    fail(call, codec::validation("view", "must be \"basic\" or \"full\""));
    return false;
}

void answer_item(Call& base) {
    auto& call = static_cast<ItemCall&>(base);
    if (describe(call, call.names.collection, call.info)) deliver(call, 0, &write_item);
}

}  // namespace vz::rest
