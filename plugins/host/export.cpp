#include "plugins/host/export.hpp"

#include <fcntl.h>
#include <signal.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <cstring>
#include <memory>
#include <system_error>

#include "plugins/host/abi_text.hpp"
#include "plugins/host/engine_handle.hpp"
#include "plugins/host/exit_code.hpp"
#include "plugins/host/progress_line.hpp"

namespace vz::host {
namespace {

// From here on SIGINT and SIGTERM end the export in order. Before there is a thread: all are to inherit it.
void hold_signals() {
    sigset_t signals;
    sigemptyset(&signals);
    for (const int number : {SIGINT, SIGTERM}) sigaddset(&signals, number);
    ::pthread_sigmask(SIG_BLOCK, &signals, nullptr);
    // A limit on the size of files is an error of the write that meets it.
    ::signal(SIGXFSZ, SIG_IGN);
}

bool is_asked_to_stop() {
    sigset_t pending;
    ::sigpending(&pending);
    return sigismember(&pending, SIGINT) == 1 || sigismember(&pending, SIGTERM) == 1;
}

std::string folder_of(const std::string& path) {
    const size_t slash = path.rfind('/');
    return slash == std::string::npos ? "." : path.substr(0, slash + 1);
}

std::string decimal(double number) {
    char text[32];
    std::snprintf(text, sizeof text, "%.1f", number);
    return text;
}

// The file that is written, and what is told about it. It has its name when it is whole and on disk; before that
// another one, under which a run that was killed may have left its own, and under which nothing stays.
class Target {
 public:
    explicit Target(const std::string& path)
        : path_(path), part_(path + ".part"), file_(is_taken() ? nullptr : std::fopen(part_.c_str(), "wb")) {
        if (file_ == nullptr) failed_ = is_taken() ? EEXIST : errno;
    }
    ~Target() {
        if (file_ == nullptr) return;
        std::fclose(file_);
        ::unlink(part_.c_str());
    }
    Target(const Target&) = delete;
    Target& operator=(const Target&) = delete;

    // False: failure() says why.
    bool is_open() const { return file_ != nullptr; }
    bool finish() {
        if (std::fflush(file_) != 0 || ::fsync(::fileno(file_)) != 0) return fail(errno);
        if (is_taken()) return fail(EEXIST);
        if (::rename(part_.c_str(), path_.c_str()) != 0) return fail(errno);
        if (const int folder = ::open(folder_of(path_).c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC); folder >= 0) {
            const int synced = ::fsync(folder);
            const int cause = errno;
            ::close(folder);
            if (synced != 0) return fail(cause);
        }
        progress_.finish(megabytes() + " in " + decimal(progress_.seconds()) + " s");
        return true;
    }
    static vz_status take(void* self, const void* bytes, uint64_t size) noexcept {
        auto& target = *static_cast<Target*>(self);
        if (is_asked_to_stop()) return VZ_CANCELLED;
        if (std::fwrite(bytes, 1, size, target.file_) != size) {
            target.fail(errno);
            return VZ_IO_ERROR;
        }
        target.bytes_ += size;
        if (target.progress_.is_due()) target.progress_.show(target.megabytes());
        return VZ_OK;
    }
    bool has_failed() const { return failed_ != 0; }
    std::string failure() const {
        const std::string why = std::error_code(failed_, std::generic_category()).message();
        return path_ + " could not be written: " + why +
               (bytes_ == 0 ? "" : " after " + std::to_string(bytes_) + " bytes; nothing of it is left");
    }

 private:
    bool is_taken() const {
        struct stat there = {};
        return ::lstat(path_.c_str(), &there) == 0;
    }
    bool fail(int cause) {
        failed_ = cause;
        return false;
    }

    std::string megabytes() const { return decimal(static_cast<double>(bytes_) / 1e6) + " MB"; }

    const std::string path_;
    const std::string part_;
    std::FILE* const file_;
    int failed_ = 0;
    uint64_t bytes_ = 0;
    ProgressLine progress_;
};

uint32_t count_aliases(vz_engine* engine, const ExportOptions& options) {
    vz_result* listed = nullptr;
    if (vz_collection_list(engine, &listed, nullptr) != VZ_OK) return 0;
    uint64_t count = 0;
    const auto* infos = static_cast<const vz_collection_info*>(vz_result_items(listed, VZ_RESULT_COLLECTIONS, &count));
    uint32_t aliases = 0;
    const std::vector<std::string>& wanted = options.collections;
    for (uint64_t i = 0; i < count; ++i) {
        const vz_collection_info& info = *VZ_AT(vz_collection_info, infos, i);
        if (wanted.empty() || std::find(wanted.begin(), wanted.end(), text(info.name)) != wanted.end())
            aliases += info.alias_count;
    }
    vz_result_release(listed);
    return aliases;
}

uint64_t count_snapshots(vz_engine* engine) {
    vz_result* listed = nullptr;
    if (vz_snapshot_list(engine, &listed, nullptr) != VZ_OK) return 0;
    uint64_t count = 0;
    static_cast<void>(vz_result_items(listed, VZ_RESULT_SNAPSHOTS, &count));
    vz_result_release(listed);
    return count;
}

// What is no part of an archive, where there is some.
void tell_what_stays(vz_engine* engine, const ExportOptions& options) {
    const uint32_t aliases = count_aliases(engine, options);
    const uint64_t snapshots = count_snapshots(engine);
    if (aliases == 0 && snapshots == 0) return;
    std::fprintf(stderr, "note: an archive holds no aliases (%u here) and no snapshots (%llu here)\n", aliases,
                 static_cast<unsigned long long>(snapshots));
}

}  // namespace

int export_archive(const ExportOptions& options) {
    hold_signals();
    EngineHandle engine;
    vz_engine_options engine_options = {};
    engine_options.struct_size = sizeof(engine_options);
    engine_options.flags = VZ_OPEN_MUST_EXIST;
    if (const int failed = engine.open(options.data_directory, engine_options); failed != 0) return failed;
    Target target(options.file);
    if (!target.is_open()) {
        std::fprintf(stderr, "vectorizer: %s\n", target.failure().c_str());
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
        if (is_asked_to_stop()) {
            std::fprintf(stderr, "\nvectorizer: stopped; no archive was made\n");
            return kExitStopped;
        }
        if (!target.has_failed()) return report_failure("cannot export", error);
        std::fprintf(stderr, "\nvectorizer: cannot export: %s\n", target.failure().c_str());
        return kExitStorage;
    }
    tell_what_stays(engine.get(), options);
    if (!target.finish()) {
        std::fprintf(stderr, "\nvectorizer: cannot export: %s\n", target.failure().c_str());
        return kExitStorage;
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
        return kExitUsage;
    }
    std::fprintf(stderr, "done\n");
    return engine.close();
}

}  // namespace vz::host
