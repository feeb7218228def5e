#include "plugins/host/export.hpp"

#include <unistd.h>

#include <chrono>
#include <cstdio>
#include <cstring>
#include <filesystem>
#include <memory>

#include "plugins/host/abi_text.hpp"
#include "plugins/host/engine_handle.hpp"

namespace vz::host {
namespace {

using Clock = std::chrono::steady_clock;

// The file that is written, and what is told about it.
class Target {
 public:
    explicit Target(const std::string& path) : file_(std::fopen(path.c_str(), "wbx")) {}
    ~Target() {
        if (file_ != nullptr) std::fclose(file_);
    }
    Target(const Target&) = delete;
    Target& operator=(const Target&) = delete;

    bool is_open() const { return file_ != nullptr; }
    bool finish() {
        const bool good = std::fflush(file_) == 0 && ::fsync(::fileno(file_)) == 0;
        show(true);
        return good;
    }
    static vz_status take(void* self, const void* bytes, uint64_t size) noexcept {
        auto& target = *static_cast<Target*>(self);
        if (std::fwrite(bytes, 1, size, target.file_) != size) return VZ_IO_ERROR;
        target.bytes_ += size;
        target.show(false);
        return VZ_OK;
    }

 private:
    void show(bool last) {
        const auto now = Clock::now();
        const bool terminal = ::isatty(STDERR_FILENO) == 1;
        if (!last && now - shown_ < (terminal ? std::chrono::milliseconds(200) : std::chrono::milliseconds(5000)))
            return;
        shown_ = now;
        const double seconds = std::chrono::duration<double>(now - began_).count();
        std::fprintf(stderr, "%s%.1f MB%s", terminal ? "\r\x1b[K" : "", static_cast<double>(bytes_) / 1e6,
                     last || !terminal ? "" : " ...");
        if (last) std::fprintf(stderr, " in %.1f s", seconds);
        if (last || !terminal) std::fprintf(stderr, "\n");
    }

    std::FILE* file_;
    uint64_t bytes_ = 0;
    const Clock::time_point began_ = Clock::now();
    Clock::time_point shown_ = began_;
};

}  // namespace

int export_archive(const ExportOptions& options) {
    EngineHandle engine;
    vz_engine_options engine_options = {};
    engine_options.struct_size = sizeof(engine_options);
    engine_options.flags = VZ_OPEN_MUST_EXIST;
    if (const int failed = engine.open(options.data_directory, engine_options); failed != 0) return failed;
    Target target(options.file);
    if (!target.is_open()) {
        std::fprintf(stderr, "vectorizer: cannot create %s: %s\n", options.file.c_str(),
                     std::strerror(errno));  // NOLINT(concurrency-mt-unsafe): no other thread asks
        return kExitUsage;
    }
    std::vector<vz_str> names;
    for (const std::string& name : options.collections) names.push_back(borrowed(name));
    vz_archive_request request = {};
    request.struct_size = sizeof(request);
    request.collections = names.data();
    request.collection_count = static_cast<uint32_t>(names.size());
    if (!options.snapshot.empty()) request.snapshot = borrowed(options.snapshot);
    request.write = &Target::take;
    request.user = &target;
    vz_error error = {};
    if (vz_archive_export(engine.get(), &request, &error) != VZ_OK) {
        std::error_code ignored;
        std::filesystem::remove(options.file, ignored);
        return report_failure("cannot export", error);
    }
    if (!target.finish()) {
        std::fprintf(stderr, "vectorizer: %s could not be written\n", options.file.c_str());
        return 1;
    }
    return engine.close();
}

ArchiveKind archive_kind(const std::string& path) {
    const std::unique_ptr<std::FILE, int (*)(std::FILE*)> file(std::fopen(path.c_str(), "rb"), &std::fclose);
    char magic[8] = {};
    if (file == nullptr || std::fread(magic, 1, sizeof magic, file.get()) != sizeof magic) return ArchiveKind::kNone;
    if (std::memcmp(magic, "VZARCHV1", sizeof magic) == 0) return ArchiveKind::kOwn;
    return std::memcmp(magic, "PK\3\4", 4) == 0 ? ArchiveKind::kZip : ArchiveKind::kNone;
}

int import_archive(const std::string& path, const std::string& collection, const std::string& data_directory) {
    EngineHandle engine;
    vz_engine_options engine_options = {};
    engine_options.struct_size = sizeof(engine_options);
    if (const int failed = engine.open(data_directory, engine_options); failed != 0) return failed;
    vz_restore_request request = {};
    request.struct_size = sizeof(request);
    request.archive = borrowed(path);
    if (!collection.empty()) request.to = borrowed(collection);
    vz_error error = {};
    std::fprintf(stderr, "checking and copying %s\n", path.c_str());
    if (vz_restore(engine.get(), &request, nullptr, &error) != VZ_OK) {
        if (error.reason != VZ_REASON_REQUIRED) return report_failure("cannot import", error);
        std::fprintf(stderr,
                     "vectorizer: cannot import: --collection gives one collection another name, and the archive holds "
                     "more than one\n");
        return 1;
    }
    std::fprintf(stderr, "done\n");
    return engine.close();
}

}  // namespace vz::host
