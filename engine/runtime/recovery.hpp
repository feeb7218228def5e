// Reading a data directory as a crash left it. Looking changes nothing; deciding is one commit point (storage of the
// new manifest).
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "engine/io/file.hpp"
#include "engine/manifest/manifest.hpp"
#include "engine/wal/wal.hpp"

namespace vz {

// What a directory holds.
struct Findings {
    bool unborn = false;  // no database yet, or one that died in its very first open
    vz_uuid database = {};
    uint64_t manifest = 0;
    ManifestState state;            // recovery hands it on to the log
    std::vector<WalReading> wals;   // in order, as state.wals says them; without contents
    Lsn last_lsn = 0;               // of the readable history of both logs
    uint64_t highest_number = 0;    // in any file name
    bool identity_lost = false;     // of a damaged directory
    std::vector<std::string> torn;  // tails that were cut, for the log: "wal/W-…: 512 bytes from offset …"
};

// Reads both logs. VZ_CORRUPTION: damage, naming file and offset; no smaller answer than refusing the directory would
// be honest.
Result<Findings> examine(FileSystem& files, const std::string& directory);

// VZ_NOT_FOUND: there is no database in the directory, nor what is left of one. Makes nothing.
Status expect_database(FileSystem& files, const std::string& directory);

// One of the WALs that were found, with its contents. VZ_CORRUPTION: it is no longer the same.
Result<WalReading> read_again(FileSystem& files, const std::string& directory, const Findings& findings, size_t index);

// Makes sure that what is read next comes from the device: a killed process may have left bytes that are readable and
// not on disk.
Status settle(FileSystem& files, const std::string& directory);

// Hex number of a file name such as "W-0000000000000012" or "CURRENT.12"; 0: none.
uint64_t file_number_of(const std::string& name);
// Of all names in a data directory.
Result<uint64_t> highest_file_number(FileSystem& files, const std::string& directory);

// Where a file of that name goes when it is kept out of the way: beside all that went there before.
Result<std::string> quarantine_path(FileSystem& files, const std::string& directory, const std::string& name);

}  // namespace vz
