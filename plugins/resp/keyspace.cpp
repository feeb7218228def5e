// What clients ask of any Redis server: the connection, the server, the keys.
#include <fnmatch.h>

#include <algorithm>

#include "plugins/resp/session.hpp"

namespace resp {
namespace {

constexpr int64_t kPageMax = 10'000;

void ping(Session& session, Arguments arguments) {
    if (arguments.size() == 1) return session.out().simple("PONG");
    session.out().bulk(arguments[1]);
}

void echo(Session& session, Arguments arguments) { session.out().bulk(arguments[1]); }

// HELLO [version [AUTH user password] [SETNAME name]]
void hello(Session& session, Arguments arguments) {
    int64_t version = session.out().version();
    if (arguments.size() > 1 && !parse_integer(arguments[1], 2, 3, &version))
        return session.out().error("NOPROTO unsupported protocol version");
    for (size_t i = 2; i < arguments.size(); i += 2) {
        if (same_word(arguments[i], "AUTH")) return session.out().error("ERR there are no passwords");
        if (!same_word(arguments[i], "SETNAME") || i + 1 == arguments.size()) return session.fail_syntax();
    }
    Replies& out = session.out();
    out.set_version(static_cast<int>(version));
    out.map(6);
    out.bulk("server");
    out.bulk("vectorizer");
    out.bulk("version");
    out.bulk("8.0.0");  // the Redis whose vector set commands these are
    out.bulk("proto");
    out.integer(version);
    out.bulk("mode");
    out.bulk("standalone");
    out.bulk("role");
    out.bulk("master");
    out.bulk("modules");
    out.array(0);
}

// Names of clients are taken and not kept: CLIENT LIST is not there to show them.
void client(Session& session, Arguments arguments) {
    if (same_word(arguments[1], "SETNAME") || same_word(arguments[1], "SETINFO")) return session.out().ok();
    if (same_word(arguments[1], "GETNAME")) return session.out().null();
    session.out().error("ERR unknown subcommand");
}

void auth(Session& session, Arguments) { session.out().error("ERR there are no passwords"); }

void select_database(Session& session, Arguments arguments) {
    if (arguments[1] != "0") return session.out().error("ERR DB index is out of range");
    session.out().ok();
}

void command(Session& session, Arguments arguments) {
    if (arguments.size() == 1 || same_word(arguments[1], "DOCS")) return session.out().array(0);
    if (!same_word(arguments[1], "COUNT")) return session.out().error("ERR unknown subcommand");
    session.out().integer(static_cast<int64_t>(vector_set_commands().size() + keyspace_commands().size()));
}

void info(Session& session, Arguments) {
    const vz::Expected<vz_engine_stats> stats = session.engine().stats();
    if (!stats) return session.fail(stats.error());
    std::string text =
        "# Server\r\nserver_name:vectorizer\r\nredis_version:8.0.0\r\nbuild:" + std::string(vz_build_info());
    text += "\r\n\r\n# Memory\r\nused_memory:" + std::to_string(stats->memory_bytes);
    text += "\r\n\r\n# Persistence\r\nloading:0\r\nlast_lsn:" + std::to_string(stats->last_lsn) +
            "\r\ndurable_lsn:" + std::to_string(stats->durable_lsn);
    text += "\r\n\r\n# Keyspace\r\ndb0:keys=" + std::to_string(stats->collections) +
            ",points=" + std::to_string(stats->points) + "\r\n";
    session.out().bulk(text);
}

void dbsize(Session& session, Arguments) {
    const vz::Expected<vz_engine_stats> stats = session.engine().stats();
    if (!stats) return session.fail(stats.error());
    session.out().integer(static_cast<int64_t>(stats->collections));
}

// Drops collections; an alias is refused by the engine, for it would take away more than its name says.
void del(Session& session, Arguments arguments) {
    int64_t dropped = 0;
    for (const std::string_view key : arguments.subspan(1)) {
        session.forget(key);
        const vz::Expected<void> done = session.engine().drop(key);
        if (!done && done.error().status() != VZ_NOT_FOUND) return session.fail(done.error());
        dropped += done ? 1 : 0;
    }
    session.out().integer(dropped);
}

void exists(Session& session, Arguments arguments) {
    int64_t found = 0;
    for (const std::string_view key : arguments.subspan(1)) found += session.engine().stats(key) ? 1 : 0;
    session.out().integer(found);
}

void type(Session& session, Arguments arguments) {
    session.out().simple(session.engine().stats(arguments[1]) ? "vectorset" : "none");
}

std::vector<std::string> names(Session& session, const std::string& pattern) {
    std::vector<std::string> found;
    const vz::Expected<vz::Result> list = session.engine().list();
    if (!list) return found;
    for (const vz_collection_info& each : list->collections()) {
        std::string name(vz::view(each.name));
        if (::fnmatch(pattern.c_str(), name.c_str(), 0) == 0) found.push_back(std::move(name));
    }
    return found;
}

void reply_names(Session& session, std::span<const std::string> found) {
    session.out().array(found.size());
    for (const std::string& name : found) session.out().bulk(name);
}

void keys(Session& session, Arguments arguments) { reply_names(session, names(session, std::string(arguments[1]))); }

// SCAN cursor [MATCH pattern] [COUNT n] [TYPE type]. The cursor is a place in the sorted names: a name that stays while
// others come or go before it may be seen twice or not at all.
void scan(Session& session, Arguments arguments) {
    int64_t cursor = 0;
    int64_t count = 10;
    std::string pattern = "*";
    bool is_other_type = false;
    if (!parse_integer(arguments[1], 0, INT64_MAX, &cursor)) return session.out().error("ERR invalid cursor");
    for (size_t i = 2; i < arguments.size(); i += 2) {
        if (i + 1 == arguments.size()) return session.fail_syntax();
        if (same_word(arguments[i], "MATCH")) {
            pattern = arguments[i + 1];
        } else if (same_word(arguments[i], "COUNT")) {
            if (!parse_integer(arguments[i + 1], 1, kPageMax, &count)) return session.fail_syntax();
        } else if (same_word(arguments[i], "TYPE")) {
            is_other_type = !same_word(arguments[i + 1], "vectorset");
        } else {
            return session.fail_syntax();
        }
    }
    const std::vector<std::string> found = is_other_type ? std::vector<std::string>() : names(session, pattern);
    const size_t begin = std::min(static_cast<size_t>(cursor), found.size());
    const size_t end = std::min(begin + static_cast<size_t>(count), found.size());
    session.out().array(2);
    session.out().bulk(end == found.size() ? "0" : std::to_string(end));
    reply_names(session, std::span(found).subspan(begin, end - begin));
}

// Tools ask for settings before they begin; there are none to tell.
void config(Session& session, Arguments arguments) {
    if (!same_word(arguments[1], "GET")) return session.out().error("ERR the configuration is a file of the server");
    session.out().map(0);
}

constexpr size_t kAny = kArgumentsMax;
constexpr Command kCommands[] = {
    {"ping", 1, 2, false, ping},          {"echo", 2, 2, false, echo},     {"hello", 1, 8, false, hello},
    {"client", 2, 4, false, client},      {"auth", 2, 3, false, auth},     {"select", 2, 2, false, select_database},
    {"command", 1, kAny, false, command}, {"info", 1, kAny, false, info},  {"dbsize", 1, 1, false, dbsize},
    {"del", 2, kAny, false, del},         {"unlink", 2, kAny, false, del}, {"exists", 2, kAny, false, exists},
    {"type", 2, 2, false, type},          {"keys", 2, 2, false, keys},     {"scan", 2, 8, false, scan},
    {"config", 2, kAny, false, config},
};

}  // namespace

std::span<const Command> keyspace_commands() { return kCommands; }

}  // namespace resp
