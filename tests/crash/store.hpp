// The engine as the crash tests drive it: one thread, no background work, small files.
#pragma once

#include <memory>
#include <string>

#include "engine/io/file.hpp"
#include "tests/crash/workload.hpp"

namespace vz {

class Engine;

class Store {
 public:
    // `seed`: of ids and salts; another one for each opening.
    static Result<std::unique_ptr<Store>> open(FileSystem& files, const std::string& directory, uint64_t seed);
    ~Store();
    Store(const Store&) = delete;
    Store& operator=(const Store&) = delete;

    // Writes the LSN that was answered.
    Status apply(const Operation& operation, uint64_t* lsn);
    // What clients see, as Model::dump() says it.
    Result<std::string> dump();
    Status close();

 private:
    Store();
    std::unique_ptr<Engine> engine_;
};

}  // namespace vz
