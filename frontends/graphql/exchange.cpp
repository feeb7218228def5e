#include "frontends/graphql/exchange.hpp"

#include <algorithm>
#include <utility>

#include "frontends/codec/points.hpp"
#include "frontends/codec/time.hpp"
#include "frontends/graphql/clock.hpp"
#include "frontends/graphql/introspection.hpp"
#include "frontends/graphql/scopes.hpp"
#include "frontends/graphql/within_memory.hpp"
#include "frontends/text/abi_text.hpp"

namespace vz::graphql {
namespace {

constexpr FieldError kNoMemory{"SERVICE_UNAVAILABLE", "out of memory", R"({"reason":"overloaded"})"};

FieldValue root_value(void* user, size_t index) {
    const RootCall& call = (*static_cast<std::vector<RootCall>*>(user))[index];
    return call.failure != nullptr ? FieldValue::of_error(call.failure) : call.value;
}

}  // namespace

void refuse_overloaded(vzh_request* request) noexcept {
    const codec::Failure failure = codec::overloaded();
    vzh_refuse(request, failure.http, failure.error_type.c_str(), text::borrowed(failure.message),
               text::borrowed(failure.details));
}

Exchange::Exchange(vz_frontend& frontend, vzh_request* request, const vzh_view* view, Media media)
    : arena({request,
             [](void* owner, uint64_t bytes) { return vzh_charge(static_cast<vzh_request*>(owner), bytes) != 0; }}),
      frontend_(frontend),
      request_(request),
      view_(view),
      media_(media),
      flight_(frontend.engine, request, &landed, this) {
    frontend_.in_flight.fetch_add(1, std::memory_order_relaxed);
}

Exchange::~Exchange() {
    for (const RootCall& call : calls_) {
        for (const EngineCall& engine_call : call.engine_calls) vz_result_release(engine_call.result);
        for (vz_result* result : call.kept) vz_result_release(result);
    }
    frontend_.in_flight.fetch_sub(1, std::memory_order_release);
}

// Nothing is with the engine when a step throws, and nothing was changed that its field would not tell: those of
// begin() and finish() are caught there.
template <typename Step>
void Exchange::go_on(Step step) {
    if (!within_memory(step)) refuse_overloaded();
}

void Exchange::refuse_overloaded() {
    vzh_request* request = request_;
    delete this;
    graphql::refuse_overloaded(request);
}

void Exchange::start() {
    go_on([this] { run(); });
}

void Exchange::run() {
    std::vector<DocumentError> errors;
    const ast::Operation* operation = find_document(errors) ? choose_operation(errors) : nullptr;
    if (operation == nullptr) return refuse(errors);
    mutation_ = operation->kind == ast::OperationKind::kMutation;
    if (mutation_ && read_only) {
        vzh_header(request_, "Allow", text::borrowed("POST"));
        return refuse(405, {{"mutations are sent by POST", "METHOD_NOT_ALLOWED", {}, {}, {operation->position}}});
    }
    begun_ns_ = steady_ns();
    const bool is_prepared = prepare(*operation, errors);
    if (arena.is_short() || (!is_prepared && errors.empty())) return refuse_overloaded();
    if (!is_prepared) return refuse(errors);
    frontend_.meter->operation(mutation_);
    if (!set_up_calls()) {
        delete this;
        return;
    }
    if (mutation_) {
        run_next_mutation();
    } else {
        run_queries();
    }
}

bool Exchange::knows_document() {
    document_ = frontend_.documents->find(query);
    return document_ != nullptr;
}

bool Exchange::find_document(std::vector<DocumentError>& errors) {
    DocumentCache::Work work;
    if (document_ == nullptr) document_ = frontend_.documents->get(query, errors, work);
    const bool was_known = work.parse_ns == 0;
    if (was_known) frontend_.meter->cache_hit();
    if (!was_known) frontend_.meter->took(Phase::kParse, work.parse_ns);
    if (work.validate_ns != 0) frontend_.meter->took(Phase::kValidate, work.validate_ns);
    return document_ != nullptr;
}

const ast::Operation* Exchange::choose_operation(std::vector<DocumentError>& errors) const {
    const ast::Operation* chosen = nullptr;
    size_t count = 0;
    for (const ast::Definition& definition : document_->definitions) {
        if (definition.kind != ast::DefinitionKind::kOperation) continue;
        ++count;
        if (operation_name.empty() || definition.operation->name.text == operation_name) chosen = definition.operation;
    }
    std::string why;
    if (chosen == nullptr) {
        why = operation_name.empty() ? "the document has no operation"
                                     : "there is no operation \"" + std::string(json::clipped(operation_name)) + "\"";
    } else if (operation_name.empty() && count > 1) {
        why = "`operationName` must say which of the document's operations to run";
    } else if (frontend_.schema->root(chosen->kind) == nullptr) {
        why = "this server has no subscriptions";
    }
    if (why.empty()) return chosen;
    errors.push_back({ErrorCode::kBadUserInput, why, {}});
    return nullptr;
}

// False without an error: memory ran out.
bool Exchange::prepare(const ast::Operation& operation, std::vector<DocumentError>& errors) {
    switch (coerce_variables(*frontend_.schema, operation, json, arena, variables_, errors)) {
        case VariablesOutcome::kRead: break;
        case VariablesOutcome::kRefused:
        case VariablesOutcome::kNoMemory: return false;
        case VariablesOutcome::kNotJson: malformed_ = true; return false;
    }
    DocumentError error;
    if (plan_operation(*frontend_.schema, *document_, operation, variables_, frontend_.limits, arena, plan_, error) &&
        check_items(error)) {
        return true;
    }
    errors.push_back(std::move(error));
    return false;
}

bool Exchange::check_items(DocumentError& error) const {
    uint64_t items = 0;
    const auto add = [&](const Input& input) {
        items += static_cast<uint64_t>(std::max<int64_t>(input["limit"].integer_or(0), 0));
    };
    for (const PlannedField& field : plan_.fields) {
        if (!frontend_.introspection && (field.field->name == "__schema" || field.field->name == "__type")) {
            error = {ErrorCode::kValidationFailed, std::string(kNoIntrospection), {field.position}};
            return false;
        }
        add(field.arguments["input"]);
        for (const Input& input : field.arguments["inputs"].items) add(input);
        if (items <= frontend_.items_max) continue;
        error = {ErrorCode::kLimitExceeded,
                 "the limits add up to more than " + std::to_string(frontend_.items_max),
                 {field.position}};
        return false;
    }
    return true;
}

// False: the request was answered and is gone.
bool Exchange::set_up_calls() {
    calls_.resize(plan_.fields.size());
    for (size_t i = 0; i < calls_.size(); ++i) {
        RootCall& call = calls_[i];
        call.frontend = &frontend_;
        call.request = request_;
        call.view = view_;
        call.arena = &arena;
        call.planned = &plan_.fields[i];
        call.resolver = plan_.fields[i].field->root;
        call.index = i;
        call.names.timeout_ms = codec::timeout_ms({view_->query, view_->query_count}, frontend_.default_timeout_ms);
        call.names.write = mutation_;
        if (call.resolver != nullptr && call.planned->refused == nullptr &&
            !enter_scopes(call, mutation_ ? VZH_WRITE : VZH_READ))
            return false;
    }
    return true;
}

// Adds the operations of the call to `ops`.
void Exchange::begin(RootCall& call, std::vector<vz_op*>& ops) {
    if (call.resolver == nullptr || call.planned->refused != nullptr || call.failure != nullptr) return;
    ++call.begun;
    call.engine_calls = {};
    const bool begun = within_memory([&] {
        call.resolver->begin(call);
        ops.reserve(ops.size() + call.engine_calls.size());
    });
    if (!begun || (arena.is_short() && call.failure == nullptr)) call.failure = &kNoMemory;
    if (call.failure != nullptr) call.engine_calls = {};
    for (EngineCall& engine_call : call.engine_calls) ops.push_back(&engine_call.op);
}

void Exchange::run_queries() {
    std::vector<vz_op*> ops;
    for (RootCall& call : calls_) begin(call, ops);
    if (!flight_.begin(std::move(ops), WhenAbandoned::kCancel)) ended();
}

void Exchange::run_next_mutation() {
    while (next_ < calls_.size()) {
        RootCall& call = calls_[next_];
        std::vector<vz_op*> ops;
        begin(call, ops);
        if (wait_for_turn(call)) return;
        if (flight_.begin(std::move(ops), WhenAbandoned::kGoOn)) return;
        finish(call);
        settle_mutation();
    }
    answer();
}

// True: turn_has_come() will be called.
bool Exchange::wait_for_turn(RootCall& call) {
    if (!std::exchange(call.wants_turn, false) || call.failure != nullptr) return false;
    call.has_turn = true;
    const vz_str subject{reinterpret_cast<const char*>(call.turn.bytes), sizeof call.turn.bytes};
    vzh_take_turn(request_, subject, &turn_has_come, this);
    return true;
}

void Exchange::end_turn(RootCall& call) {
    if (std::exchange(call.has_turn, false)) vzh_end_turn(request_);
}

void Exchange::turn_has_come(vzh_request*, void* user) VZ_NOEXCEPT {
    Exchange& exchange = *static_cast<Exchange*>(user);
    exchange.go_on([&] { exchange.run_next_mutation(); });
}

// A failure that makes the whole answer null ends the series: what came after it could not be told.
void Exchange::settle_mutation() {
    RootCall& call = calls_[next_];
    end_turn(call);
    if (std::exchange(call.begins_again, false)) return;
    const bool failed = call.failure != nullptr || call.planned->refused != nullptr;
    next_ = failed && call.planned->field->type->non_null() ? calls_.size() : next_ + 1;
}

void Exchange::landed(void* user) VZ_NOEXCEPT {
    Exchange& exchange = *static_cast<Exchange*>(user);
    if (exchange.mutation_) {
        vzh_defer(exchange.request_, &mutation_later, &exchange);
    } else {
        exchange.go_on([&] { exchange.ended(); });
    }
}

void Exchange::mutation_later(vzh_request*, void* user) VZ_NOEXCEPT {
    Exchange& exchange = *static_cast<Exchange*>(user);
    exchange.go_on([&] {
        exchange.finish(exchange.calls_[exchange.next_]);
        exchange.settle_mutation();
        exchange.run_next_mutation();
    });
}

void Exchange::answer_later(vzh_request*, void* user) VZ_NOEXCEPT {
    Exchange& exchange = *static_cast<Exchange*>(user);
    exchange.go_on([&] { exchange.answer(); });
}

void Exchange::ended() {
    uint64_t bytes = 0;
    for (RootCall& call : calls_) {
        finish(call);
        bytes += call.bytes_estimate;
    }
    if (bytes > codec::kInlineAnswerBytes) {
        vzh_defer(request_, &answer_later, this);
    } else {
        answer();
    }
}

void Exchange::finish(RootCall& call) {
    if (call.resolver == nullptr || call.planned->refused != nullptr || call.failure != nullptr) return;
    if (!within_memory([&] { call.value = call.resolver->finish(call); })) call.failure = &kNoMemory;
}

void Exchange::answer() {
    if (mutation_) vzh_acted(request_);
    if (is_repeat()) vzh_header(request_, "Idempotent-Replay", text::borrowed("true"));
    // A map that failed while it was read spoils its field; the others are written again.
    bool complete = write_answer();
    if (complete && !check_results()) complete = write_answer();
    if (!complete && vzh_is_starved(request_) != 0) return refuse_overloaded();
    if (!complete) {
        return refuse(media_ == Media::kResponse ? 400 : 200,
                      {{"the answer is too large; lower `limit` or select less", "LIMIT_EXCEEDED", {}, {}, {}}});
    }
    frontend_.meter->took(Phase::kExecute, steady_ns() - begun_ns_);
    for (const ExecutionError& error : errors_) frontend_.meter->error(error.code);
    reply(200);
}

// Whether all that was asked for had been done before.
bool Exchange::is_repeat() const {
    return mutation_ && std::all_of(calls_.begin(), calls_.end(), [](const RootCall& call) {
               const auto is_replayed = [](const EngineCall& each) {
                   return each.ok() && (each.written.outcome == VZ_REPLAYED || each.change.outcome == VZ_REPLAYED);
               };
               return !call.engine_calls.empty() && is_replayed(call.engine_calls.back());
           });
}

bool Exchange::write_answer() {
    vzh_truncate(request_, 0);
    errors_.clear();
    json::Writer out(target());
    out.begin_object();
    out.key("data");
    write_data(out, *frontend_.schema, plan_, root_value, &calls_, arena, errors_);
    if (!errors_.empty()) {
        out.key("errors");
        write_errors(out, document_->text, text::view(view_->request_id), errors_);
    }
    out.end_object();
    out.flush();
    return !out.failed();
}

bool Exchange::check_results() {
    bool good = true;
    for (RootCall& call : calls_) {
        for (const EngineCall& engine_call : call.engine_calls) {
            vz_error error{};
            if (engine_call.result == nullptr || call.failure != nullptr) continue;
            const vz_status status = vz_result_check(engine_call.result, &error);
            if (status == VZ_OK) continue;
            call.fail(status, error);
            good = false;
        }
    }
    return good;
}

void Exchange::refuse(const std::vector<DocumentError>& errors) {
    std::vector<ExecutionError> written;
    for (const DocumentError& error : errors) written.push_back(error_of(error));
    refuse(media_ == Media::kResponse || malformed_ ? 400 : 200, written);
}

void Exchange::refuse(uint32_t status, const std::vector<ExecutionError>& errors) {
    for (const ExecutionError& error : errors) frontend_.meter->error(error.code);
    vzh_truncate(request_, 0);
    {
        json::Writer out(target());
        out.begin_object();
        out.key("errors");
        write_errors(out, query, text::view(view_->request_id), errors);
        out.end_object();
    }
    reply(status);
}

// Results must be back before the request ends, for the engine may be closed as soon as none is left.
void Exchange::reply(uint32_t status) {
    vzh_request* request = request_;
    const char* type = content_type();
    delete this;
    vzh_reply(request, status, type);
}

const char* Exchange::content_type() const {
    return media_ == Media::kResponse ? "application/graphql-response+json; charset=utf-8"
                                      : "application/json; charset=utf-8";
}

json::Target Exchange::target() {
    return {request_,
            [](void* user, uint64_t at_least, uint64_t* size) {
                return vzh_space(static_cast<vzh_request*>(user), at_least, size);
            },
            [](void* user, uint64_t bytes) { vzh_wrote(static_cast<vzh_request*>(user), bytes); },
            [](void* user, uint64_t bytes) { vzh_truncate(static_cast<vzh_request*>(user), bytes); }};
}

}  // namespace vz::graphql
