// What a client says of itself and asks of the server before it comes to keys.
#include <algorithm>

#include "plugins/resp/session.hpp"

namespace resp {
namespace {

void ping(Session& session, Arguments arguments) {
    if (arguments.size() == 1) return session.out().simple("PONG");
    session.out().bulk(arguments[1]);
}

void echo(Session& session, Arguments arguments) { session.out().bulk(arguments[1]); }

// AUTH [user] key
void auth(Session& session, Arguments arguments) {
    if (session.log_in(arguments.size() == 3 ? arguments[1] : std::string_view(), arguments.back())) session.out().ok();
}

bool is_client_name(std::string_view name) {
    return std::all_of(name.begin(), name.end(), [](char c) { return c > ' ' && c <= '~'; });
}

// HELLO [version [AUTH user key] [SETNAME name]]
void hello(Session& session, Arguments arguments) {
    Replies& out = session.out();
    int64_t version = out.version();
    if (arguments.size() > 1 && !parse_integer(arguments[1], 2, 3, &version))
        return out.error("NOPROTO unsupported protocol version");
    std::string_view name = session.name;
    Arguments login;
    for (size_t i = 2; i < arguments.size();) {
        if (same_word(arguments[i], "AUTH") && i + 2 < arguments.size()) {
            login = arguments.subspan(i + 1, 2);
            i += 3;
        } else if (same_word(arguments[i], "SETNAME") && i + 1 < arguments.size() && is_client_name(arguments[i + 1])) {
            name = arguments[i + 1];
            i += 2;
        } else {
            return session.fail_syntax();
        }
    }
    if (!login.empty() && !session.log_in(login[0], login[1])) return;
    if (!session.identity().is_admitted())
        return out.error(
            "NOAUTH HELLO must be called with the client already authenticated, or as HELLO <version> AUTH <user> "
            "<key>");
    session.name = name;
    out.set_version(static_cast<int>(version));
    out.map(7);
    out.bulk("server");
    out.bulk("vectorizer");
    out.bulk("version");
    out.bulk("8.0.0");  // the Redis whose vector set commands these are
    out.bulk("proto");
    out.integer(version);
    out.bulk("id");
    out.integer(static_cast<int64_t>(session.id()));
    out.bulk("mode");
    out.bulk("standalone");
    out.bulk("role");
    out.bulk("master");
    out.bulk("modules");
    out.array(0);
}

void client_text(Session& session) {
    session.out().bulk("id=" + std::to_string(session.id()) + " name=" + session.name +
                       " db=0 user=" + std::string(session.identity().name()) +
                       " resp=" + std::to_string(session.out().version()) + "\n");
}

void client(Session& session, Arguments arguments) {
    Replies& out = session.out();
    const auto is = [&](std::string_view word, size_t count) {
        return same_word(arguments[1], word) && arguments.size() == count;
    };
    if (is("SETNAME", 3)) {
        if (!is_client_name(arguments[2]))
            return out.error("ERR a client's name has no blanks and no control characters");
        session.name = arguments[2];
        return out.ok();
    }
    if (is("GETNAME", 2)) return session.name.empty() ? out.null() : out.bulk(session.name);
    if (is("ID", 2)) return out.integer(static_cast<int64_t>(session.id()));
    if (is("INFO", 2)) return client_text(session);
    // Nothing shows the first, and there is no cache of keys for the others to change.
    if (is("SETINFO", 4) || is("NO-EVICT", 3) || is("NO-TOUCH", 3)) return out.ok();
    out.error(
        "ERR unknown subcommand or wrong number of arguments; CLIENT has SETNAME, GETNAME, ID, INFO, SETINFO, "
        "NO-EVICT, NO-TOUCH");
}

void select_database(Session& session, Arguments arguments) {
    if (arguments[1] != "0") return session.out().error("ERR DB index is out of range: there is database 0 only");
    session.out().ok();
}

const std::vector<const Command*>& all_commands() {
    static const std::vector<const Command*> all = [] {
        std::vector<const Command*> found;
        for (const std::span<const Command> commands :
             {connection_commands(), keyspace_commands(), vector_set_commands()}) {
            for (const Command& each : commands) found.push_back(&each);
        }
        return found;
    }();
    return all;
}

// As Redis 7 describes a command: name, arity, flags, first key, last key, step, then categories, tips, key
// specifications and subcommands, which are not told.
void describe(Replies& out, const Command& command) {
    const bool has_keys = command.keys != KeysAt::kNone;
    const auto least = static_cast<int64_t>(command.least);
    out.array(10);
    out.bulk(command.name);
    out.integer(command.least == command.most ? least : -least);
    out.array(1);
    out.simple(command.permission == vz::access::kWrite  ? "write"
               : command.permission == vz::access::kOpen ? "no_auth"
                                                         : "readonly");
    out.integer(has_keys ? 1 : 0);
    out.integer(command.keys == KeysAt::kAll ? -1 : has_keys ? 1 : 0);
    out.integer(has_keys ? 1 : 0);
    for (int i = 0; i < 4; ++i) out.array(0);
}

void command(Session& session, Arguments arguments) {
    Replies& out = session.out();
    const auto& all = all_commands();
    if (arguments.size() == 1) {
        out.array(all.size());
        for (const Command* each : all) describe(out, *each);
    } else if (same_word(arguments[1], "COUNT")) {
        out.integer(static_cast<int64_t>(all.size()));
    } else if (same_word(arguments[1], "LIST") && arguments.size() == 2) {
        out.array(all.size());
        for (const Command* each : all) out.bulk(each->name);
    } else if (same_word(arguments[1], "INFO")) {
        out.array(arguments.size() - 2);
        for (const std::string_view name : arguments.subspan(2)) {
            const auto found =
                std::find_if(all.begin(), all.end(), [&](const Command* each) { return same_word(each->name, name); });
            found == all.end() ? out.null() : describe(out, **found);
        }
    } else if (same_word(arguments[1], "DOCS")) {
        out.map(0);
    } else {
        out.error("ERR unknown subcommand; COMMAND has COUNT, LIST, INFO, DOCS");
    }
}

// A client of some collections only hears nothing of the others, not even how much they are.
void info(Session& session, Arguments arguments) {
    const vz::Expected<vz_engine_stats> stats = session.engine().stats();
    if (!stats) return session.fail(stats.error());
    std::string text;
    const auto section = [&](std::string_view name, const std::string& lines) {
        const auto wanted = [&](std::string_view word) {
            return same_word(word, name) || same_word(word, "all") || same_word(word, "default") ||
                   same_word(word, "everything");
        };
        const Arguments words = arguments.subspan(1);
        if (!words.empty() && std::none_of(words.begin(), words.end(), wanted)) return;
        text.append(text.empty() ? "# " : "\r\n# ").append(name).append("\r\n").append(lines);
    };
    section("Server", "server_name:vectorizer\r\nredis_version:8.0.0\r\nredis_mode:standalone\r\nbuild:" +
                          std::string(vz_build_info()) + "\r\n");
    section("Replication", "role:master\r\nconnected_slaves:0\r\n");
    if (session.identity().is_limited()) {
        section("Persistence", "loading:0\r\n");
        return session.out().bulk(text);
    }
    section("Memory", "used_memory:" + std::to_string(stats->memory_bytes) + "\r\n");
    section("Persistence", "loading:0\r\nlast_lsn:" + std::to_string(stats->last_lsn) +
                               "\r\ndurable_lsn:" + std::to_string(stats->durable_lsn) + "\r\n");
    section("Keyspace",
            "db0:keys=" + std::to_string(stats->collections) + ",points=" + std::to_string(stats->points) + "\r\n");
    session.out().bulk(text);
}

// Tools ask for settings before they begin; there are none to tell.
void config(Session& session, Arguments arguments) {
    if (!same_word(arguments[1], "GET")) return session.out().error("ERR the configuration is a file of the server");
    session.out().map(0);
}

using vz::access::kOpen;
using vz::access::kRead;

constexpr Command kConnectionCommands[] = {
    {"auth", 2, 3, kOpen, KeysAt::kNone, false, auth},
    {"hello", 1, 7, kOpen, KeysAt::kNone, false, hello},
    {"ping", 1, 2, kRead, KeysAt::kNone, false, ping},
    {"echo", 2, 2, kRead, KeysAt::kNone, false, echo},
    {"client", 2, 4, kRead, KeysAt::kNone, false, client},
    {"select", 2, 2, kRead, KeysAt::kNone, false, select_database},
    {"command", 1, kAnyNumber, kRead, KeysAt::kNone, false, command},
    {"info", 1, kAnyNumber, kRead, KeysAt::kNone, false, info},
    {"config", 2, kAnyNumber, kRead, KeysAt::kNone, false, config},
};

}  // namespace

std::span<const Command> connection_commands() { return kConnectionCommands; }

}  // namespace resp
