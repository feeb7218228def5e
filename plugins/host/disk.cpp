// The dynamic linker finds these fsync and fdatasync before those of the C library.
#include "plugins/host/disk.hpp"

#include <dlfcn.h>
#include <unistd.h>

#include <atomic>
#include <cerrno>
#include <chrono>
#include <thread>

namespace vz::host {
namespace {

constexpr std::chrono::seconds kSlowSync(2);

std::atomic<Disk> disk_in_use{Disk::kSound};  // NOLINT(cppcoreguidelines-avoid-non-const-global-variables): one disk

using Sync = int (*)(int);

Sync of_the_library(const char* name) { return reinterpret_cast<Sync>(::dlsym(RTLD_NEXT, name)); }

int sync(Sync library, int descriptor) {
    const Disk disk = disk_in_use.load(std::memory_order_relaxed);
    if (disk == Disk::kSlow) std::this_thread::sleep_for(kSlowSync);
    if (disk == Disk::kBroken) {
        errno = EIO;
        return -1;
    }
    return library(descriptor);
}

}  // namespace

void use_disk(Disk disk) { disk_in_use.store(disk); }

}  // namespace vz::host

extern "C" {

__attribute__((visibility("default"))) int fsync(int descriptor) {
    static const vz::host::Sync library = vz::host::of_the_library("fsync");
    return vz::host::sync(library, descriptor);
}

__attribute__((visibility("default"))) int fdatasync(int descriptor) {
    static const vz::host::Sync library = vz::host::of_the_library("fdatasync");
    return vz::host::sync(library, descriptor);
}

}  // extern "C"
