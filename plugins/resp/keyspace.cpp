// What clients ask of the keys of any Redis server: here, of collections.
#include <fnmatch.h>

#include <algorithm>

#include "frontends/codec/own_name.hpp"
#include "plugins/resp/session.hpp"

namespace resp {
namespace {

constexpr int64_t kPageMax = 10'000;

// Drops collections; where one is an alias none, for that would take away more than its name says.
void del(Session& session, Arguments arguments) {
    for (const std::string_view key : arguments.subspan(1)) {
        const std::string own = vz::codec::own_name(session.engine().raw(), key);
        if (own.empty() || own == key) continue;
        return session.out().error("ERR '" + std::string(key) + "' is an alias of '" + own + "': nothing was deleted");
    }
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

struct Key {
    uint64_t place;  // among all that there ever were
    std::string name;
};

// Those that the client may read.
std::vector<Key> keys_of(Session& session, const std::string& pattern) {
    std::vector<Key> found;
    const vz::Expected<vz::Result> list = session.engine().list();
    if (!list) return found;
    for (const vz_collection_info& each : list->collections()) {
        std::string name(vz::view(each.name));
        if (!session.identity().may(name, vz::access::kRead)) continue;
        if (::fnmatch(pattern.c_str(), name.c_str(), 0) == 0) found.push_back({each.created_lsn, std::move(name)});
    }
    return found;
}

void dbsize(Session& session, Arguments) {
    if (session.identity().is_limited())
        return session.out().integer(static_cast<int64_t>(keys_of(session, "*").size()));
    const vz::Expected<vz_engine_stats> stats = session.engine().stats();
    if (!stats) return session.fail(stats.error());
    session.out().integer(static_cast<int64_t>(stats->collections));
}

// False: replied that they are too many.
bool reserve_names(Session& session, std::span<const Key> found) {
    size_t bytes = kElementBytesMost;
    for (const Key& key : found) bytes += kElementBytesMost + key.name.size();
    return session.reserve_reply(bytes);
}

void reply_names(Session& session, std::span<const Key> found) {
    session.out().array(found.size());
    for (const Key& key : found) session.out().bulk(key.name);
}

void keys(Session& session, Arguments arguments) {
    const std::vector<Key> found = keys_of(session, std::string(arguments[1]));
    if (reserve_names(session, found)) reply_names(session, found);
}

// SCAN cursor [MATCH pattern] [COUNT n] [TYPE type]. In the order in which collections were made, so that each that
// stays is seen, whatever comes and goes meanwhile; the cursor is the place of the last one seen.
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
    std::vector<Key> found = is_other_type ? std::vector<Key>() : keys_of(session, pattern);
    std::erase_if(found, [&](const Key& key) { return key.place <= static_cast<uint64_t>(cursor); });
    std::sort(found.begin(), found.end(), [](const Key& a, const Key& b) { return a.place < b.place; });
    size_t end = std::min(static_cast<size_t>(count), found.size());
    // Those that one edit restored have one place, and the cursor is behind it or before it.
    while (end != 0 && end < found.size() && found[end].place == found[end - 1].place) ++end;
    const auto page = std::span<const Key>(found).first(end);
    if (!reserve_names(session, page)) return;
    session.out().array(2);
    session.out().bulk(page.size() == found.size() ? "0" : std::to_string(page.back().place));
    reply_names(session, page);
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
