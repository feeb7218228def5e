// A database: one data directory, its logs, its catalogue, its threads.
#pragma once

#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "engine/io/file.hpp"
#include "engine/runtime/catalogue.hpp"
#include "engine/runtime/local_log.hpp"

namespace vz {

struct EngineSettings {
    uint64_t wal_file_first_bytes = 0;  // 0: the default of limits.hpp; likewise below
    uint64_t wal_file_bytes = 0;
    uint64_t queue_bytes_max = 0;
    bool must_exist = false;
    bool background = true;             // false: no thread is started; every step runs in the caller
    uint64_t seed = 0;                  // of uuids and salts; 0: from the system
    std::function<int64_t()> now_ms;    // null: the system's clock
    std::function<void(uint32_t level, const char* event, const std::string& message)> log;  // null: silent
};

// Functions may be called from any thread, but for close().
class Engine {
 public:
    // Locks and recovers the directory; returns when all that was acknowledged is readable. `files` outlives the engine.
    static Result<std::unique_ptr<Engine>> open(FileSystem& files, const std::string& directory, const EngineSettings& settings);
    // Without close() before: as if the process had been killed.
    ~Engine();
    Engine(const Engine&) = delete;
    Engine& operator=(const Engine&) = delete;

    // With no other call running. A failed log is left as it is.
    Status close();

    Catalogue& catalogue() { return catalogue_; }
    const Catalogue& catalogue() const { return catalogue_; }
    LocalLog& log() { return *log_; }
    const LocalLog& log() const { return *log_; }
    FileSystem& files() { return files_; }
    const std::string& directory() const { return directory_; }
    uint64_t open_ns() const { return open_ns_; }
    uint64_t replayed_records() const { return replayed_records_; }

    // One batch, until it is durable.
    Status write(std::string_view collection, const vz_write_request& request, vz_write_answer* answer, std::vector<Status>* item_errors);

 private:
    Engine(FileSystem& files, std::string directory, EngineSettings settings);
    Status recover();
    Status make_identity(const vz_uuid& database, uint64_t salt);
    Status replay(struct Findings& findings);
    Status sweep();
    vz_uuid new_uuid();
    void report(uint32_t level, const char* event, const std::string& message) const;

    FileSystem& files_;
    const std::string directory_;
    EngineSettings settings_;
    std::unique_ptr<FileLock> lock_;
    std::unique_ptr<FileNumbers> numbers_;
    RequestIds requests_;
    std::unique_ptr<LocalLog> log_;
    Catalogue catalogue_;
    std::thread commit_thread_;
    uint64_t open_ns_ = 0;
    uint64_t replayed_records_ = 0;
    bool closed_ = false;
};

}  // namespace vz
