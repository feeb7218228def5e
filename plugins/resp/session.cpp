#include "plugins/resp/session.hpp"

#include <algorithm>

namespace resp {
namespace {

constexpr size_t kWritesMax = 1024;  // in flight, of one client
constexpr size_t kWritesBytesMax = 16 << 20;

const Command* find(std::string_view name) {
    for (const std::span<const Command> commands : {vector_set_commands(), keyspace_commands()}) {
        for (const Command& command : commands) {
            if (same_word(command.name, name)) return &command;
        }
    }
    return nullptr;
}

}  // namespace

bool Session::execute(Arguments arguments) {
    if (arguments.empty()) return true;
    // A web page made a browser speak to this port: the lines of its body would be commands.
    if (same_word(arguments[0], "POST") || same_word(arguments[0], "Host:")) return false;
    const Command* command = find(arguments[0]);
    const bool fits = command != nullptr && arguments.size() >= command->least && arguments.size() <= command->most;
    if (!fits || !command->is_write) finish_writes();
    if (same_word(arguments[0], "QUIT")) {
        replies_.ok();
        return false;
    }
    if (command == nullptr) {
        replies_.error("ERR unknown command '" + std::string(arguments[0].substr(0, 64)) + "'");
    } else if (!fits) {
        replies_.error("ERR wrong number of arguments for '" + std::string(command->name) + "' command");
    } else {
        command->run(*this, arguments);
    }
    return true;
}

void Session::fail(const vz::Error& error) {
    std::string text = error.status() == VZ_DISK_FULL   ? "OOM "
                       : error.status() == VZ_READ_ONLY ? "READONLY "
                       : error.status() == VZ_BUSY      ? "TRYAGAIN "
                                                        : "ERR ";
    if (error.reason() == VZ_REASON_DIMENSION) {
        text += "Vector dimension mismatch - got " + std::to_string(error.actual()) + " but set has " +
                std::to_string(error.expected());
    } else {
        text += std::string(error.message());
        if (!error.field().empty()) text += " (" + std::string(error.field()) + ")";
    }
    replies_.error(text);
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
    for (const std::unique_ptr<Write>& write : finished) {
        if (write->op.status != VZ_OK && write->error.reason == VZ_REASON_COLLECTION) forget(write->key);
        write->reply(*this, *write);
    }
}

}  // namespace resp
