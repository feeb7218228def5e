#include <algorithm>
#include <set>

#include "plugins/resp/vector_set.hpp"

namespace resp {
namespace {

constexpr int64_t kMembersMax = 10'000;
constexpr int kTriesMax = 8;
constexpr uint64_t kPageRows = 65'536;  // of a scan

// `count` places below `size`, ascending: by Floyd's algorithm where each may come once only.
std::vector<uint64_t> pick_places(std::mt19937_64& random, uint64_t size, uint64_t count, bool is_distinct) {
    const auto below = [&](uint64_t end) { return std::uniform_int_distribution<uint64_t>(0, end - 1)(random); };
    std::vector<uint64_t> places;
    if (is_distinct) {
        std::set<uint64_t> picked;
        for (uint64_t end = size - std::min(count, size) + 1; end <= size; ++end) {
            if (!picked.insert(below(end)).second) picked.insert(end - 1);
        }
        places.assign(picked.begin(), picked.end());
    } else {
        while (places.size() < count) places.push_back(below(size));
        std::sort(places.begin(), places.end());
    }
    return places;
}

// The ids at these places of the order of ids, as many as there still are.
vz::Expected<std::vector<std::string>> ids_at(const Session& session, std::string_view key,
                                              const std::vector<uint64_t>& places) {
    std::vector<std::string> ids;
    for (size_t i = 0; i < places.size();) {
        const uint64_t first = places[i];
        const auto end = std::lower_bound(places.begin(), places.end(), first + kPageRows);
        auto request = vz::make<vz_scan_request>();
        request.skip = first;
        request.limit = static_cast<uint32_t>(*std::prev(end) - first + 1);
        const vz::Expected<vz::Result> page = session.engine().scan(key, request);
        if (!page) return page.error();
        const vz::Rows rows = page->rows();
        for (; i < places.size() && places[i] - first < rows.size(); ++i)
            ids.emplace_back(rows[places[i] - first].id());
        if (const vz::Expected<void> whole = page->check(); !whole) return whole.error();
        if (rows.size() < request.limit) break;
    }
    return ids;
}

}  // namespace

void vrandmember(Session& session, Arguments arguments) {
    const bool is_single = arguments.size() == 2;
    int64_t count = 1;
    if (!is_single && !parse_integer(arguments[2], -kMembersMax, kMembersMax, &count))
        return session.out().error("ERR count takes a whole number from -" + std::to_string(kMembersMax) + " to " +
                                   std::to_string(kMembersMax));
    const auto wanted = static_cast<uint64_t>(std::abs(count));
    const bool is_distinct = count >= 0;
    std::vector<std::string> ids;
    // Points may go between the count and the look: then it is another set to pick from. In the end what was found is
    // the answer.
    for (int tries = 0; tries < kTriesMax && wanted != 0; ++tries) {
        const vz::Expected<uint64_t> size = session.engine().count(arguments[1]);
        if (!size && !is_missing_key(size.error())) return session.fail(size.error());
        if (!size || *size == 0) break;
        const std::vector<uint64_t> places = pick_places(session.random(), *size, wanted, is_distinct);
        vz::Expected<std::vector<std::string>> found = ids_at(session, arguments[1], places);
        if (!found) return session.fail(found.error());
        ids = std::move(*found);
        if (ids.size() == places.size()) break;
    }
    std::shuffle(ids.begin(), ids.end(), session.random());
    Replies& out = session.out();
    if (is_single) return ids.empty() ? out.null() : out.bulk(ids.front());
    size_t bytes = 0;
    for (const std::string& id : ids) bytes += id.size() + kElementBytesMost;
    if (!session.reserve_reply(bytes)) return;
    out.array(ids.size());
    for (const std::string& id : ids) out.bulk(id);
}

}  // namespace resp
