// What the parts of an open database work on together: its directory, its logs, its names. They know each other in one
// direction only:
//   Database <- Checkpoints <- Compaction <- Verification, Maintenance; Checkpoints <- Snapshots; all of them <- Engine
#pragma once

#include <memory>
#include <string>

#include "engine/base/memory_budget.hpp"
#include "engine/runtime/catalogue.hpp"
#include "engine/runtime/disk_space.hpp"
#include "engine/runtime/file_numbers.hpp"
#include "engine/runtime/local_log.hpp"
#include "engine/runtime/segment_store.hpp"
#include "engine/runtime/settings.hpp"
#include "engine/runtime/worker_pool.hpp"

namespace vz {

// What parts tell the background, which lies above them; also with the lock of Checkpoints::exclude(). Must not wait.
struct Notices {
    // A collection has other parts than before, or another schema.
    std::function<void(const std::shared_ptr<Collection>&)> changed;
    // Collections came whole.
    std::function<void()> opened;
    // A collection set itself aside.
    DamageSink unreadable;
};

// Owned by the engine; its parts keep a reference. Functions: any thread.
struct Database {
    Database(FileSystem& files, std::string directory, EngineSettings settings);
    Database(const Database&) = delete;
    Database& operator=(const Database&) = delete;

    vz_uuid new_uuid();
    void report(uint32_t level, const char* event, const std::string& message) const;
    // Of the manifest; its contents are read where the settings ask for it.
    Result<SegmentStore::Opened> open_segment(const SegmentRef& ref, const Schema& schema);
    // Refuses the collection from here on; durably, but where nothing may be written: no restart serves it before it is
    // looked at again.
    void set_aside(Collection& collection, const std::string& reason);
    // The two halves of it for one that refuses already.
    void report_set_aside(const Collection& collection) const;
    void record_set_aside(const Collection& collection);
    // Rows that go into a new file get new checksums: asked before that file takes the place of these. Rows that are
    // not as they were written set the collection aside. VZ_CORRUPTION, VZ_IO_ERROR.
    Status verify_rows(Collection& collection, const PartList& parts);

    FileSystem& files;
    const std::string directory;
    EngineSettings settings;
    WorkerPool workers;
    WorkerPool query_workers;  // for the queries of one batch
    DiskSpace space;
    MemoryBudget graph_copies;
    // These four are set while the engine recovers, and stay.
    vz_uuid uuid = {};
    std::unique_ptr<FileNumbers> numbers;
    std::unique_ptr<SegmentStore> segments;
    std::unique_ptr<LocalLog> log;
    RequestIds requests;
    Catalogue catalogue;
    Notices notices;
};

}  // namespace vz
