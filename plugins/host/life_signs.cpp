#include "plugins/host/life_signs.hpp"

#include <charconv>
#include <condition_variable>
#include <memory>
#include <mutex>
#include <string_view>

#include "plugins/host/ask.hpp"

namespace vz::host {
namespace {

// A count of one collection's points through the engine's own threads. Lives until it has ended, however late.
struct Reading {
    std::mutex mutex;
    std::condition_variable ended;
    bool has_ended = false;
    std::string collection;
    vz_op op = {};
    vz_count_request request = {};
    uint64_t count = 0;
    vz_error error = {};
    std::shared_ptr<Reading> self;  // until the engine is done with it
};

void reading_done(vz_op* op) VZ_NOEXCEPT {
    const auto reading = std::move(static_cast<Reading*>(op->user)->self);
    const std::scoped_lock lock(reading->mutex);
    reading->has_ended = true;
    reading->ended.notify_one();
}

// The name of any collection; empty: there is none.
std::string first_collection(vz_engine* engine) {
    vz_result* result = nullptr;
    vz_error error = {};
    if (vz_collection_list(engine, &result, &error) != VZ_OK) return {};
    uint64_t count = 0;
    const auto* infos = static_cast<const vz_collection_info*>(vz_result_items(result, VZ_RESULT_COLLECTIONS, &count));
    const std::string name =
        infos == nullptr || count == 0 ? std::string() : std::string(infos->name.data, infos->name.size);
    vz_result_release(result);
    return name;
}

bool engine_reads(vz_engine* engine, std::chrono::milliseconds patience) {
    auto reading = std::make_shared<Reading>();
    reading->collection = first_collection(engine);
    if (reading->collection.empty()) return true;  // the list was read, and there is nothing else
    reading->request.struct_size = sizeof reading->request;
    reading->op.struct_size = sizeof reading->op;
    reading->op.kind = VZ_OP_COUNT;
    reading->op.collection = {reading->collection.data(), reading->collection.size()};
    reading->op.request = &reading->request;
    reading->op.answer = &reading->count;
    reading->op.error = &reading->error;
    reading->op.done = &reading_done;
    reading->op.user = reading.get();
    reading->self = reading;
    vz_op* op = &reading->op;
    if (vz_submit(engine, &op, 1) != VZ_OK) {
        reading->self.reset();
        return true;  // refused: busy, but not dead
    }
    std::unique_lock lock(reading->mutex);
    return reading->ended.wait_for(lock, patience, [&] { return reading->has_ended; });
}

}  // namespace

HttpAddress http_address(const std::string& url) {
    constexpr std::string_view kScheme = "http://";
    if (!url.starts_with(kScheme)) return {};
    const std::string place = url.substr(kScheme.size(), url.find('/', kScheme.size()) - kScheme.size());
    const size_t colon = place.rfind(':');
    if (colon == std::string::npos) return {};
    HttpAddress address;
    address.host = place.substr(0, colon);
    if (address.host.starts_with('[')) address.host = address.host.substr(1, address.host.size() - 2);
    std::from_chars(place.data() + colon + 1, place.data() + place.size(), address.port);
    return address;
}

std::string missing_sign(vz_engine* engine, const std::vector<HttpAddress>& addresses,
                         std::chrono::milliseconds patience) {
    const auto until = std::chrono::steady_clock::now() + patience;
    if (!engine_reads(engine, patience)) return "the engine ends no read";
    for (const HttpAddress& address : addresses) {
        const auto left =
            std::chrono::duration_cast<std::chrono::milliseconds>(until - std::chrono::steady_clock::now());
        const Asked asked = ask(address.host, address.port, "/livez", left);
        if (asked.status == 0) return address.host + " port " + std::to_string(address.port) + ": " + asked.text;
    }
    return {};
}

}  // namespace vz::host
