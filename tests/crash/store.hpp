// The engine as the crash tests drive it, with small files. Without threads one seed gives one history; with them,
// calls may come from any thread.
#pragma once

#include <atomic>
#include <memory>
#include <string>

#include "engine/io/file.hpp"
#include "tests/crash/workload.hpp"

namespace vz {

class Engine;

class Store {
 public:
    enum class Threads { kNone, kBackground };
    // `seed`: of ids and salts; another one for each opening. The clock stands at `now_ms` until an operation moves it.
    static Result<std::unique_ptr<Store>> open(FileSystem& files, const std::string& directory, uint64_t seed,
                                               int64_t now_ms, Threads threads = Threads::kNone);
    ~Store();
    Store(const Store&) = delete;
    Store& operator=(const Store&) = delete;

    // Writes the LSN that was answered.
    Status apply(const Operation& operation, uint64_t* lsn);
    // Writes of points, all in the log's queue before the first is on disk: they share frames as far as files allow.
    Status apply_group(const std::vector<Operation>& operations, std::vector<uint64_t>* lsns);
    // What is there, as Model::dump() says it, of names and keys that begin with `prefix`. A failure if clients see
    // expired points, or not all others.
    Result<std::string> dump(const std::string& prefix = {});
    // Whether each archive of the model is there whole.
    Status check_archives(const Model& model);
    Status close();
    // Of the last record or edit that is durable: some operations do not tell theirs.
    uint64_t durable_lsn() const;

 private:
    Store();
    Status expire(const std::string& collection);
    Status checkpoint(const std::string& collection);
    Status compact(const std::string& collection);
    std::atomic<int64_t> clock_ms_{0};
    std::unique_ptr<Engine> engine_;
};

}  // namespace vz
