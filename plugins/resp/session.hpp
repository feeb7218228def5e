// One client: its requests in order, its writes in flight, its replies in order.
#pragma once

#include <condition_variable>
#include <cstdint>
#include <deque>
#include <map>
#include <memory>
#include <mutex>
#include <random>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "plugins/resp/access.hpp"
#include "plugins/resp/arguments.hpp"
#include "plugins/resp/protocol.hpp"
#include "plugins/resp/reply_budget.hpp"
#include "vectorizer/vectorizer.hpp"

namespace resp {

// How the one vector field of a collection is made; what VADD's options are held against.
struct FieldShape {
    uint32_t dim = 0;
    vz_metric metric = VZ_COSINE;
    vz_quantization quantization = VZ_QUANTIZATION_AUTO;
    uint32_t degree = 0;
    uint32_t build_effort = 0;
};

struct Command;

// Used by one thread. Writes are submitted as they are read and answered when the pipeline is at its end, or before the
// next request that is no write: so pipelined writes share a group commit, and a read sees the writes before it.
class Session {
 public:
    // Access and budget outlive it. `id` is no other client's; `seed` decides what VRANDMEMBER picks.
    Session(vz::EngineView engine, Access& access, ReplyBudget& budget, uint64_t id, uint64_t seed)
        : engine_(engine), identity_(access), budget_(budget), id_(id), random_(seed) {}
    ~Session() {
        finish_writes();
        replies_sent();
    }
    Session(const Session&) = delete;
    Session& operator=(const Session&) = delete;

    // Executes a request. False: the connection ends after the replies so far.
    bool execute(Arguments arguments);
    // Answers the writes in flight. Replies are then complete.
    void finish_writes();
    std::string& replies() { return replies_.bytes(); }
    // They are with the client, or will never be: their memory is free.
    void replies_sent();

    vz::EngineView engine() const { return engine_; }
    Identity& identity() { return identity_; }
    uint64_t id() const { return id_; }
    std::mt19937_64& random() { return random_; }
    // Who the client is from now on; false: replied why it is not, and a client that errs again and again is shown out.
    bool log_in(std::string_view user, std::string_view key);
    // What CLIENT SETNAME said.
    std::string name;

    Replies& out() { return replies_; }
    void fail(const vz::Error& error);
    // Room for a reply of so many bytes. False: replied that there is none.
    bool reserve_reply(size_t bytes);
    void fail_syntax() { replies_.error("ERR syntax error"); }

    // The shape of a collection, remembered once it was looked up. NULL: the reason was replied, or *is_missing is set
    // instead.
    const FieldShape* shape_of(std::string_view key, bool* is_missing = nullptr);
    void forget(std::string_view key) { shapes_.erase(std::string(key)); }

    // A write of one point, owned until it is done.
    struct Write {
        std::string key, id, payload;
        std::vector<float> vector;
        vz_str id_text = {}, payload_text = {};
        vz_write_request request = vz::make<vz_write_request>();
        vz_write_answer answer = vz::make<vz_write_answer>();
        vz_error error = {};
        vz_op op = vz::make<vz_op>();
        FieldShape wanted = {};  // of a key that has to be made; 0: whatever is usual
        bool has_made_key = false;
        bool is_again = false;  // behind writes that were submitted after it
        int64_t expires_ms = 0;
        void (*reply)(Session& session, Write& write) = nullptr;
        Session* session = nullptr;
    };
    // Fills request and op from the texts and submits; the reply comes in its turn.
    void submit(std::unique_ptr<Write> write);
    // Of a reply: once more, now. Later writes of its key are done again then, so that their order stays.
    void write_again(Write& write);

 private:
    static void done(vz_op* op) noexcept;
    std::string refuse(const Command* command, Arguments arguments);
    bool reaches(std::string_view collection, uint32_t permission) const;

    vz::EngineView engine_;
    Identity identity_;
    ReplyBudget& budget_;
    size_t charged_ = 0;  // of the budget, for the replies so far
    const uint64_t id_;
    std::mt19937_64 random_;
    int wrong_keys_ = 0;  // since the last right one
    Replies replies_;
    std::map<std::string, FieldShape> shapes_;
    std::deque<std::unique_ptr<Write>> writes_;
    size_t writes_bytes_ = 0;
    std::mutex mutex_;
    std::condition_variable all_done_;
    size_t in_flight_ = 0;  // guarded by mutex_
};

enum class KeysAt { kNone, kFirst, kAll };  // which arguments behind the name are keys

struct Command {
    std::string_view name;
    size_t least, most;   // arguments, the name included
    uint32_t permission;  // that a client needs, for each of the keys
    KeysAt keys;
    bool is_pipelined;  // may run while writes are in flight
    void (*run)(Session& session, Arguments arguments);
};
inline constexpr size_t kAnyNumber = kArgumentsMax;
std::span<const Command> connection_commands();
std::span<const Command> keyspace_commands();
std::span<const Command> vector_set_commands();

}  // namespace resp
