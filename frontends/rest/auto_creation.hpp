// A missing collection that an insert makes, and takes back where nothing came to be stored in it.
#pragma once

#include "frontends/codec/collection.hpp"
#include "frontends/rest/call.hpp"

namespace vz::rest {

struct CreatingCall : Call {
    bool may_create;
    bool created;

    vz_schema schema;
    vz_vector_field field;
    vz_status refused;  // what ended the insert, while the collection is taken back
    vz_error refusal;
    Continue then;
};

// For a write of this part of the request, on a worker. `then` runs when the collection is there, whoever made it, or
// when the write was done before and needs none; otherwise the request was answered.
void create_missing(CreatingCall& call, uint64_t part, codec::NewCollection wanted, vz_str metadata, Continue then);
// The insert has stored nothing: the collection made for it goes, unless somebody else has written to it by now. `end`
// answers, and finds op.status and error as they are here.
void take_back(CreatingCall& call, Continue end);

}  // namespace vz::rest
