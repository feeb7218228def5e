// `vectorizer export`: collections into one archive, straight from the data directory.
#pragma once

#include <string>
#include <vector>

namespace vz::host {

struct ExportOptions {
    std::string file;
    std::vector<std::string> collections;  // none: all
    std::string snapshot;                  // empty: of this moment
    std::string data_directory;
};

// An exit code; what went wrong is told on standard error.
int export_archive(const ExportOptions& options);

// Whether the file is an archive, and what it is not: a ZIP of the reference system.
enum class ArchiveKind { kNone, kOwn, kZip };
ArchiveKind archive_kind(const std::string& path);

// Takes the collections of an archive in; `collection`, if not empty, is the new name of the only one.
int import_archive(const std::string& path, const std::string& collection, const std::string& data_directory);

}  // namespace vz::host
