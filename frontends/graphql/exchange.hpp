// One GraphQL request from its text to its answer. Owns itself: created by the transport, gone when the request was
// answered.
//
// One thread at a time drives it. Query root fields are submitted together; mutation root fields one after the other,
// each durable before the next starts. The last completion goes on, here or on a worker.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "frontends/graphql/execute.hpp"
#include "frontends/graphql/flight.hpp"
#include "frontends/graphql/root_call.hpp"

namespace vz::graphql {

enum class Media : uint8_t { kJson, kResponse };  // application/json; application/graphql-response+json

// Ends a request whose answer finds no memory as the listener ends those that it has no room for: 503, to be tried
// again.
void refuse_overloaded(vzh_request* request) noexcept;

class Exchange final {
 public:
    Exchange(vz_frontend& frontend, vzh_request* request, const vzh_view* view, Media media);
    Exchange(const Exchange&) = delete;
    Exchange& operator=(const Exchange&) = delete;

    Arena arena;

    // What the request asks for; views live as long as the request or are in the arena.
    std::string_view query;
    std::string_view operation_name;
    std::string_view json;   // the request as JSON, for its variables; empty: none
    bool read_only = false;  // by GET

    // Whether the document was parsed and validated before: then start() costs little.
    bool knows_document();
    // Parses, validates, plans, runs. Deletes this in the end.
    void start();
    // Ends the request, which found no memory. Deletes this.
    void refuse_overloaded();
    // Ends the request with errors of its own, without `data`. Deletes this.
    void refuse(uint32_t status, const std::vector<ExecutionError>& errors);

 private:
    ~Exchange();

    // Takes the request one step further; memory that runs out on the way ends it.
    template <typename Step>
    void go_on(Step step);
    void run();
    bool find_document(std::vector<DocumentError>& errors);
    const ast::Operation* choose_operation(std::vector<DocumentError>& errors) const;
    bool check_items(DocumentError& error) const;
    bool prepare(const ast::Operation& operation, std::vector<DocumentError>& errors);
    bool set_up_calls();
    void begin(RootCall& call, std::vector<vz_op*>& ops);
    void run_queries();
    void run_next_mutation();
    bool wait_for_turn(RootCall& call);
    void end_turn(RootCall& call);
    void settle_mutation();
    void ended();
    void finish(RootCall& call);
    void answer();
    bool is_repeat() const;
    bool write_answer();
    bool check_results();
    void refuse(const std::vector<DocumentError>& errors);
    void reply(uint32_t status);
    const char* content_type() const;
    json::Target target();

    static void landed(void* user) VZ_NOEXCEPT;
    static void answer_later(vzh_request* request, void* user) VZ_NOEXCEPT;
    static void turn_has_come(vzh_request* request, void* user) VZ_NOEXCEPT;
    static void mutation_later(vzh_request* request, void* user) VZ_NOEXCEPT;

    vz_frontend& frontend_;
    vzh_request* request_;
    const vzh_view* view_;
    const Media media_;
    std::shared_ptr<const ast::Document> document_;
    int64_t begun_ns_ = 0;                // to execute
    std::vector<ExecutionError> errors_;  // of the answer
    Variables variables_;
    PlannedSelection plan_;
    bool mutation_ = false;
    bool malformed_ = false;       // the request is no JSON after all: 400 whatever the media type
    std::vector<RootCall> calls_;  // one per root field of the plan
    size_t next_ = 0;              // mutation to run next
    Flight flight_;
};

}  // namespace vz::graphql
