#include "plugins/resp/session.hpp"

#include <algorithm>
#include <chrono>
#include <set>
#include <thread>

#include "frontends/codec/expiry.hpp"
#include "frontends/codec/failure.hpp"
#include "frontends/codec/own_name.hpp"

namespace resp {
namespace {

constexpr size_t kWritesMax = 1024;  // in flight, of one client
constexpr size_t kWritesBytesMax = 16 << 20;

// Of one client; who comes again with another connection waits again.
constexpr int kWrongKeysMax = 3;
constexpr std::chrono::milliseconds kWrongKeyPause{200};

const Command* find(std::string_view name) {
    for (const std::span<const Command> commands :
         {vector_set_commands(), keyspace_commands(), connection_commands()}) {
        for (const Command& command : commands) {
            if (same_word(command.name, name)) return &command;
        }
    }
    return nullptr;
}

// The engine's message may name files of this machine, which are nobody's business.
bool names_files(vz_status status) {
    return status == VZ_CORRUPTION || status == VZ_IO_ERROR || status == VZ_OUTCOME_UNKNOWN;
}

}  // namespace

bool Session::execute(Arguments arguments) {
    if (arguments.empty()) return true;
    // A web page made a browser speak to this port: the lines of its body would be commands.
    if (same_word(arguments[0], "POST") || same_word(arguments[0], "Host:")) return false;
    if (same_word(arguments[0], "QUIT")) {
        finish_writes();
        replies_.ok();
        return false;
    }
    const Command* command = find(arguments[0]);
    const std::string refusal = refuse(command, arguments);
    if (!refusal.empty() || !command->is_pipelined) finish_writes();
    if (refusal.empty()) {
        command->run(*this, arguments);
    } else {
        replies_.error(refusal);
    }
    identity_.note_use();
    return wrong_keys_ < kWrongKeysMax;
}

// Empty, or the error that says why the command does not run.
std::string Session::refuse(const Command* command, Arguments arguments) {
    if (command == nullptr) return "ERR unknown command '" + std::string(arguments[0].substr(0, 64)) + "'";
    if (arguments.size() < command->least || arguments.size() > command->most)
        return wrong_number_of_arguments(command->name);
    if (command->permission == vz::access::kOpen) return {};
    if (!identity_.is_admitted()) return "NOAUTH Authentication required.";
    if (!identity_.may(command->permission))
        return "NOPERM the API key lacks the permission to " +
               std::string(vz::access::permission_name(command->permission));
    if (command->keys == KeysAt::kNone || !identity_.is_limited()) return {};
    for (const std::string_view key :
         arguments.subspan(1, command->keys == KeysAt::kFirst ? 1 : arguments.size() - 1)) {
        if (!reaches(key, command->permission))
            return "NOPERM the API key lacks the permission to " +
                   std::string(vz::access::permission_name(command->permission)) + " this vector set";
    }
    return {};
}

// An alias inside the scope of a limited key opens nothing outside of it.
bool Session::reaches(std::string_view collection, uint32_t permission) const {
    if (!identity_.may(collection, permission)) return false;
    const std::string own = vz::codec::own_name(engine_.raw(), collection);
    return own.empty() || own == collection || identity_.may(own, permission);
}

bool Session::log_in(std::string_view user, std::string_view key) {
    if (identity_.prove(user, key)) {
        wrong_keys_ = 0;
        return true;
    }
    if (!identity_.needs_key()) {
        replies_.error("ERR there are no API keys: nobody needs one here");
        return false;
    }
    ++wrong_keys_;
    std::this_thread::sleep_for(kWrongKeyPause);
    replies_.error("WRONGPASS invalid user or API key");
    return false;
}

void Session::fail(const vz::Error& error) {
    std::string text = error.status() == VZ_DISK_FULL         ? "OOM "
                       : error.status() == VZ_READ_ONLY       ? "READONLY "
                       : error.status() == VZ_OUTCOME_UNKNOWN ? "UNKNOWN "
                       : error.status() == VZ_BUSY            ? "TRYAGAIN "
                                                              : "ERR ";
    if (names_files(error.status())) {
        text += vz::codec::from_engine(error.raw(), {}).message;
    } else if (error.reason() == VZ_REASON_DIMENSION) {
        text += "Vector dimension mismatch - got " + std::to_string(error.actual()) + " but set has " +
                std::to_string(error.expected());
    } else {
        text += std::string(error.message());
        if (!error.field().empty()) text += " (" + std::string(error.field()) + ")";
    }
    replies_.error(text);
}

bool Session::reserve_reply(size_t bytes) {
    if (bytes > kReplyBytesMax) {
        replies_.error("ERR the reply would have " + std::to_string(bytes) + " bytes, the limit is " +
                       std::to_string(kReplyBytesMax) + ": ask for fewer elements, or without attributes");
        return false;
    }
    if (bytes > kReplyBytesFree) {
        if (!budget_.take(bytes)) {
            replies_.error("TRYAGAIN replies that wait for their clients have " + std::to_string(kRepliesBytesMax) +
                           " bytes, the limit");
            return false;
        }
        charged_ += bytes;
    }
    replies_.bytes().reserve(replies_.bytes().size() + bytes);
    return true;
}

void Session::replies_sent() {
    replies_.bytes().clear();
    if (charged_ == 0) return;
    replies_.bytes().shrink_to_fit();
    budget_.give(charged_);
    charged_ = 0;
}

const FieldShape* Session::shape_of(std::string_view key, bool* is_missing) {
    if (const auto known = shapes_.find(std::string(key)); known != shapes_.end()) return &known->second;
    const vz::Expected<vz::Result> described = engine_.describe(key);
    if (!described) {
        const bool is_absent = described.error().status() == VZ_NOT_FOUND;
        if (is_absent && is_missing != nullptr) {
            *is_missing = true;
            return nullptr;
        }
        finish_writes();
        if (is_absent) {
            replies_.error("ERR key does not exist");
        } else {
            fail(described.error());
        }
        return nullptr;
    }
    const vz_schema& schema = *described->collections()[0].schema;
    for (const vz_vector_field& field : vz::Items<vz_vector_field>(schema.vector_fields, schema.vector_field_count)) {
        if (field.name.size != 0) continue;
        const FieldShape shape = {field.dim, field.metric, field.quantization, field.degree, field.build_effort};
        return &shapes_.insert_or_assign(std::string(key), shape).first->second;
    }
    finish_writes();
    replies_.error("WRONGTYPE the collection has no default vector field");
    return nullptr;
}

void Session::done(vz_op* op) noexcept {
    auto& session = *static_cast<Write*>(op->user)->session;
    const std::scoped_lock lock(session.mutex_);
    if (--session.in_flight_ == 0) session.all_done_.notify_one();
}

void Session::submit(std::unique_ptr<Write> write) {
    write->session = this;
    write->id_text = vz::str(write->id);
    write->request.count = 1;
    write->request.ids = &write->id_text;
    if (!write->vector.empty()) write->request.vectors = vz::matrix(write->vector);
    if (!write->payload.empty()) {
        write->payload_text = vz::str(write->payload);
        write->request.payloads = &write->payload_text;
        // As over REST: attributes may say when their element expires.
        if (const auto expiry = vz::codec::expiry_of(write->payload)) {
            write->expires_ms = *expiry;
            write->request.expires_ms = &write->expires_ms;
        }
    }
    write->op.kind = VZ_OP_WRITE;
    write->op.collection = vz::str(write->key);
    write->op.request = &write->request;
    write->op.answer = &write->answer;
    write->op.error = &write->error;
    write->op.done = done;
    write->op.user = write.get();
    {
        const std::scoped_lock lock(mutex_);
        ++in_flight_;
    }
    const vz_status taken = engine_.submit(write->op);
    if (taken != VZ_OK) {
        write->op.status = taken;
        write->error =
            vz::Error(taken, "", taken == VZ_BUSY ? "too many writes are in flight" : "the write was not taken").raw();
        const std::scoped_lock lock(mutex_);
        --in_flight_;
    }
    writes_bytes_ += write->payload.size() + write->vector.size() * sizeof(float);
    writes_.push_back(std::move(write));
    if (writes_.size() >= kWritesMax || writes_bytes_ >= kWritesBytesMax) finish_writes();
}

void Session::write_again(Write& write) {
    write.is_again = true;
    write.error = {};
    write.op.status = vz_write(engine_.raw(), vz::str(write.key), &write.request, &write.answer, &write.error);
}

void Session::finish_writes() {
    if (writes_.empty()) return;
    {
        std::unique_lock lock(mutex_);
        all_done_.wait(lock, [this] { return in_flight_ == 0; });
    }
    // reply() may look things up and come back here.
    const std::deque<std::unique_ptr<Write>> finished = std::move(writes_);
    writes_.clear();
    writes_bytes_ = 0;
    std::set<std::string_view> again;  // keys
    for (const std::unique_ptr<Write>& write : finished) {
        if (again.contains(write->key)) write_again(*write);
        if (write->op.status != VZ_OK && write->error.reason == VZ_REASON_COLLECTION) forget(write->key);
        write->reply(*this, *write);
        if (write->is_again) again.insert(write->key);
    }
}

}  // namespace resp
