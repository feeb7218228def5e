// The vector set commands of Redis 8 over collections: a key is a collection, an element a point, its attributes the
// payload.
#pragma once

#include "plugins/resp/session.hpp"

namespace resp {

// VADD key (FP32 | VALUES num) vector element [CAS] [NOQUANT | Q8] [EF build-effort] [SETATTR json] [M links]
void vadd(Session& session, Arguments arguments);
void vrem(Session& session, Arguments arguments);
// An empty text takes the attributes away.
void vsetattr(Session& session, Arguments arguments);
// VSIM key (ELE | FP32 | VALUES num) (vector | element) [WITHSCORES] [WITHATTRIBS] [COUNT n] [EF n] [EPSILON d] [FILTER
// json] [TRUTH]
void vsim(Session& session, Arguments arguments);
// VRANDMEMBER key [count]: an element; or `count` different ones; or, below zero, as many that may repeat.
void vrandmember(Session& session, Arguments arguments);

const char* quantization_name(vz_quantization quantization);
// To commands that read, a key without a collection is an empty set.
bool is_missing_key(const vz::Error& error);

// What `give` replies of a result; where that failed while it was read, only why.
template <class Give>
void reply_whole(Session& session, const vz::Result& result, Give give) {
    Replies& answer = session.out();
    const size_t begin = answer.bytes().size();
    give(answer);
    const vz::Expected<void> whole = result.check();
    if (whole) return;
    answer.bytes().resize(begin);
    session.fail(whole.error());
}

}  // namespace resp
