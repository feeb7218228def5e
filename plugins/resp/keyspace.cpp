// What clients ask of the keys of any Redis server: here, of collections.
#include <fnmatch.h>

#include <algorithm>

#include "plugins/resp/session.hpp"

namespace resp {
namespace {

constexpr int64_t kPageMax = 10'000;

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

// Those that the client may read.
std::vector<std::string> names(Session& session, const std::string& pattern) {
    std::vector<std::string> found;
    const vz::Expected<vz::Result> list = session.engine().list();
    if (!list) return found;
    for (const vz_collection_info& each : list->collections()) {
        std::string name(vz::view(each.name));
        if (!session.identity().may(name, vz::access::kRead)) continue;
        if (::fnmatch(pattern.c_str(), name.c_str(), 0) == 0) found.push_back(std::move(name));
    }
    return found;
}

void dbsize(Session& session, Arguments) {
    if (session.identity().is_limited()) return session.out().integer(static_cast<int64_t>(names(session, "*").size()));
    const vz::Expected<vz_engine_stats> stats = session.engine().stats();
    if (!stats) return session.fail(stats.error());
    session.out().integer(static_cast<int64_t>(stats->collections));
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

using vz::access::kRead;
using vz::access::kWrite;

constexpr Command kKeyspaceCommands[] = {
    {"dbsize", 1, 1, kRead, KeysAt::kNone, false, dbsize},
    {"del", 2, kAnyNumber, kWrite, KeysAt::kAll, false, del},
    {"unlink", 2, kAnyNumber, kWrite, KeysAt::kAll, false, del},
    {"exists", 2, kAnyNumber, kRead, KeysAt::kAll, false, exists},
    {"type", 2, 2, kRead, KeysAt::kFirst, false, type},
    {"keys", 2, 2, kRead, KeysAt::kNone, false, keys},
    {"scan", 2, 8, kRead, KeysAt::kNone, false, scan},
};

}  // namespace

std::span<const Command> keyspace_commands() { return kKeyspaceCommands; }

}  // namespace resp
