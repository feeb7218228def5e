#include "frontends/codec/reads.hpp"

namespace vz::codec {
namespace {

bool is_read(uint32_t kind) {
    return kind == VZ_OP_SEARCH || kind == VZ_OP_GET || kind == VZ_OP_SCAN || kind == VZ_OP_COUNT;
}

}  // namespace

void cancel_reads(vz_engine* engine, vz_op* const* ops, uint64_t count) {
    for (uint64_t i = 0; i < count; ++i) {
        // VZ_BUSY: it is over already.
        if (is_read(ops[i]->kind)) static_cast<void>(vz_cancel(engine, ops[i]));
    }
}

}  // namespace vz::codec
