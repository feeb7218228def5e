// One root field being answered: its arguments, the engine's operations it needs, and its value.
//
// A resolver's begin() reads arguments, fills operations and returns; they are submitted together with those of the
// other root fields of a query. When all have ended, finish() turns what they brought into the field's value. begin()
// runs on an io or worker thread and may call engine functions tagged [any]; finish() of a query may run inside a
// completion ([done] only), that of a mutation runs on a worker.
#pragma once

#include <span>
#include <string_view>
#include <vector>

#include "frontends/codec/failure.hpp"
#include "frontends/codec/request_id.hpp"
#include "frontends/graphql/frontend.hpp"
#include "frontends/graphql/plan.hpp"
#include "frontends/http/http.h"

namespace vz::graphql {

struct RootResolver;

// One operation with all it may answer.
struct EngineCall {
    vz_op op;
    vz_error error;
    vz_result* result;  // released with the request
    vz_write_answer written;
    vz_change change;
    uint64_t number;

    bool ok() const { return op.status == VZ_OK; }
};

struct RootCall {
    const vz_frontend* frontend = nullptr;
    vzh_request* request = nullptr;
    const vzh_view* view = nullptr;
    Arena* arena = nullptr;
    const PlannedField* planned = nullptr;
    const RootResolver* resolver = nullptr;
    size_t index = 0;                    // among the root fields
    codec::Names names;                  // how the request calls what may fail
    std::span<EngineCall> engine_calls;  // in submission order
    std::vector<vz_result*> kept;        // released with the request
    const void* state = nullptr;         // the resolver's own, from begin() to finish()
    const FieldError* failure = nullptr;
    bool begins_again = false;  // set by finish() of a mutation: what it brought needs another begin()
    uint32_t begun = 0;         // calls of begin()
    bool wants_turn = false;    // set by in_turn(): begin() is to be called again when the turn has come
    bool has_turn = false;      // until the operations that begin() then made have ended
    vz_uuid turn{};             // of which collection; zero: of all that are not there
    FieldValue value;
    uint64_t bytes_estimate = 0;  // of the answer; set by finish()

    const Input& argument(std::string_view name) const { return planned->arguments[name]; }
    vz_engine* engine() const { return frontend->engine; }

    // Room for this many operations; each is filled with set().
    void expect(size_t count);
    void set(size_t i, uint32_t kind, std::string_view collection, const void* op_request, void* answer);

    // Of a mutation: whether no other request alters the collection, which is looked for anew: an alias may have moved
    // while its turn was waited for. If not, begin() returns, and is called again then.
    bool in_turn(std::string_view collection);

    // Whether the request's key has this permission for the collection.
    bool sees(std::string_view collection, uint32_t permission) const;

    // These end the field with an error.
    void fail(const codec::Failure& failure);
    void fail(vz_status status, const vz_error& error);
    void fail(const EngineCall& call) { fail(call.op.status, call.error); }
    // True: the operation failed, and so did the field.
    bool failed(const EngineCall& call) {
        if (call.ok()) return false;
        fail(call);
        return true;
    }
    // True: a request may not have this id, which `place` names in errors, and the field has failed.
    bool refused_id(std::string_view id, std::string_view place, uint64_t item = VZ_NO_ITEM);
    // A result of a synchronous call, released with the request.
    void keep(vz_result* result) { kept.push_back(result); }
    // Rows that a search brought.
    void searched(const vz_rows& rows) const;

    template <typename T>
    T* make() {
        return arena->make<T>();
    }
    // The request id for the Idempotency-Key, one per root field.
    vz_uuid request_id() const {
        return codec::request_id({view->key_id, view->method, view->path, view->idempotency_key}, index);
    }
};

// The scope of what speaks of all collections at once.
inline constexpr std::string_view kWholeServer = "*";

struct RootResolver {
    std::string_view type;
    std::string_view field;
    std::string_view prefix;  // of its error messages
    // Arguments that name its collections, separated by blanks: "collection", "input.collection",
    // "inputs[].collection"; empty: none.
    std::string_view scope;
    void (*begin)(RootCall& call);
    FieldValue (*finish)(RootCall& call);
};

}  // namespace vz::graphql
