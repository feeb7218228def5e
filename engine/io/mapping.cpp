// The door of Boost.Interprocess, and the SIGBUS guard around the maps it makes.
#include <signal.h>
#include <sys/mman.h>

#include <array>
#include <atomic>
#include <boost/interprocess/file_mapping.hpp>
#include <boost/interprocess/mapped_region.hpp>
#include <mutex>

#include "engine/io/posix_file_system.hpp"

namespace vz {
namespace {

namespace ipc = boost::interprocess;

// A place of the fixed table that the signal handler searches. `begin` is published last and cleared first.
struct GuardedMap {
    std::atomic<uintptr_t> begin{0};
    std::atomic<uintptr_t> end{0};
    std::atomic<bool> failed{false};
};

constexpr size_t kGuardedMapsMax = 65'536;
// NOLINTNEXTLINE(cppcoreguidelines-avoid-non-const-global-variables): a signal handler reads it
std::array<GuardedMap, kGuardedMapsMax> guarded_maps;
std::atomic<size_t> guarded_maps_used{0};  // NOLINT(cppcoreguidelines-avoid-non-const-global-variables): likewise
struct sigaction previous_action;          // NOLINT(cppcoreguidelines-avoid-non-const-global-variables): likewise

void pass_on(int signal_number, siginfo_t* info, void* context) {
    if ((previous_action.sa_flags & SA_SIGINFO) != 0 && previous_action.sa_sigaction != nullptr) {
        previous_action.sa_sigaction(signal_number, info, context);
        return;
    }
    if (previous_action.sa_handler != SIG_DFL && previous_action.sa_handler != SIG_IGN) {
        previous_action.sa_handler(signal_number);
        return;
    }
    ::signal(signal_number, SIG_DFL);
    ::raise(signal_number);
}

// Replaces the whole map by zero pages and returns: the load is retried and reads zero, which no reader is harmed by;
// each request looks at `failed` before its answer leaves.
void on_bus_error(int signal_number, siginfo_t* info, void* context) {
    const auto address = reinterpret_cast<uintptr_t>(info->si_addr);
    const size_t used = guarded_maps_used.load(std::memory_order_acquire);
    for (size_t i = 0; i < used; ++i) {
        GuardedMap& map = guarded_maps[i];
        const uintptr_t begin = map.begin.load(std::memory_order_acquire);
        const uintptr_t end = map.end.load(std::memory_order_acquire);
        if (begin == 0 || address < begin || address >= end) continue;
        map.failed.store(true, std::memory_order_release);
        void* zeros = ::mmap(reinterpret_cast<void*>(begin), end - begin, PROT_READ,
                             MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED | MAP_NORESERVE, -1, 0);
        if (zeros != MAP_FAILED) return;
        break;
    }
    pass_on(signal_number, info, context);
}

void install_guard() {
    static std::once_flag once;
    std::call_once(once, [] {
        struct sigaction action = {};
        action.sa_sigaction = on_bus_error;
        action.sa_flags = SA_SIGINFO | SA_NODEFER;
        sigemptyset(&action.sa_mask);
        ::sigaction(SIGBUS, &action, &previous_action);
    });
}

std::mutex& table_mutex() {
    static std::mutex mutex;
    return mutex;
}

GuardedMap* enter_table(uintptr_t begin, uintptr_t end) {
    const std::scoped_lock lock(table_mutex());
    const size_t used = guarded_maps_used.load(std::memory_order_relaxed);
    size_t place = 0;
    while (place < used && guarded_maps[place].end.load(std::memory_order_relaxed) != 0) ++place;
    if (place == kGuardedMapsMax) return nullptr;
    GuardedMap& map = guarded_maps[place];
    map.failed.store(false, std::memory_order_relaxed);
    map.end.store(end, std::memory_order_relaxed);
    map.begin.store(begin, std::memory_order_release);
    if (place == used) guarded_maps_used.store(used + 1, std::memory_order_release);
    return &map;
}

void leave_table(GuardedMap* map) {
    const std::scoped_lock lock(table_mutex());
    map->begin.store(0, std::memory_order_release);
    map->end.store(0, std::memory_order_release);
}

class PosixMapping final : public Mapping {
 public:
    PosixMapping(ipc::mapped_region region, GuardedMap* guard) : region_(std::move(region)), guard_(guard) {}
    ~PosixMapping() override {
        if (guard_ != nullptr) leave_table(guard_);
    }

    std::span<const std::byte> bytes() const override {
        return {static_cast<const std::byte*>(region_.get_address()), region_.get_size()};
    }

    bool failed() const override { return guard_ != nullptr && guard_->failed.load(std::memory_order_acquire); }

    void advise(Advice advice, uint64_t offset, uint64_t size) const override {
        constexpr uint64_t kPage = 4096;
        const uint64_t first = offset / kPage * kPage;
        if (offset >= region_.get_size()) return;
        char* at = static_cast<char*>(region_.get_address()) + first;
        const uint64_t length = std::min<uint64_t>(size + (offset - first), region_.get_size() - first);
        int flag = MADV_WILLNEED;
        if (advice == Advice::kNormal) flag = MADV_NORMAL;
        if (advice == Advice::kRandom) flag = MADV_RANDOM;
        if (advice == Advice::kRelease) flag = MADV_DONTNEED;
        // Advice is a wish: a kernel that does not know it serves the same bytes.
        static_cast<void>(::madvise(at, length, flag));
    }

 private:
    ipc::mapped_region region_;
    GuardedMap* guard_;
};

}  // namespace

Result<std::unique_ptr<Mapping>> map_file(const std::string& path) {
    install_guard();
    try {
        const ipc::file_mapping file(path.c_str(), ipc::read_only);
        ipc::mapped_region region(file, ipc::read_only);
        const auto begin = reinterpret_cast<uintptr_t>(region.get_address());
        GuardedMap* guard = enter_table(begin, begin + (region.get_size() + 4095) / 4096 * 4096);
        if (guard == nullptr) return failure(VZ_IO_ERROR, "cannot map %s: too many maps", path.c_str());
        return std::unique_ptr<Mapping>(std::make_unique<PosixMapping>(std::move(region), guard));
    } catch (const ipc::interprocess_exception& error) {
        const vz_status code = error.get_error_code() == ipc::not_found_error ? VZ_NOT_FOUND : VZ_IO_ERROR;
        return failure(code, "cannot map %s: %s", path.c_str(), error.what());
    }
}

}  // namespace vz
