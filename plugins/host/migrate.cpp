#include "plugins/host/migrate.hpp"

#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <unordered_set>

#include "frontends/json/reader.hpp"
#include "plugins/host/abi_text.hpp"
#include "plugins/host/create_collection.hpp"
#include "plugins/host/engine_handle.hpp"
#include "plugins/host/exit_code.hpp"
#include "plugins/host/export.hpp"
#include "plugins/host/reference_archive.hpp"
#include "plugins/host/zip_file.hpp"

namespace vz::host {
namespace {

constexpr uint64_t kEntryBytesMax = 8ull << 30;
constexpr size_t kBatchRows = 500;
constexpr std::string_view kEntrySuffix = "_vector_store.bin";

int refuse(const std::string& problem) {
    std::fprintf(stderr, "vectorizer: %s; nothing was imported\n", problem.c_str());
    return kExitDamaged;
}

// Where the collections are made first, beside the data directory; gone at the end.
class Scratch {
 public:
    explicit Scratch(const std::string& data_directory) {
        std::string pattern = data_directory;
        while (pattern.size() > 1 && pattern.back() == '/') pattern.pop_back();
        std::error_code ignored;
        std::filesystem::create_directories(std::filesystem::path(pattern).parent_path(), ignored);
        pattern += "-import-XXXXXX";
        if (mkdtemp(pattern.data()) != nullptr) path_ = pattern;
    }
    ~Scratch() {
        std::error_code ignored;
        if (!path_.empty()) std::filesystem::remove_all(path_, ignored);
    }
    Scratch(const Scratch&) = delete;
    Scratch& operator=(const Scratch&) = delete;
    bool is_there() const { return !path_.empty(); }
    std::string data() const { return path_ + "/data"; }
    std::string archive() const { return path_ + "/import.vecdb"; }

 private:
    std::string path_;
};

// The collections of one entry, made in the scratch database.
class Entry {
 public:
    Entry(vz_engine* engine, std::string name, std::string text)
        : engine_(engine), name_(std::move(name)), text_(std::move(text)) {}

    // False: `problem` says why.
    bool load(std::string* problem) {
        if (!survey_reference(text_, name_, &collections_, problem)) return false;
        for (const ReferenceCollection& collection : collections_) {
            if (!create(collection, problem)) return false;
        }
        ids_.resize(collections_.size());
        const auto take = [&](size_t i, const ReferenceBatch& batch) { return write(i, batch, problem); };
        if (!read_reference(text_, name_, kBatchRows, take, problem)) return false;
        for (size_t i = 0; i < collections_.size(); ++i) {
            if (!compare(collections_[i], ids_[i].size(), problem)) return false;
        }
        return true;
    }

    // What the file holds and what is here now, and what that system had done to it before.
    void report() const {
        for (size_t i = 0; i < collections_.size(); ++i) {
            const ReferenceCollection& of = collections_[i];
            std::fprintf(stderr, "%s: %llu vectors in the file, %zu points here, %u dimensions\n", of.name.c_str(),
                         static_cast<unsigned long long>(of.vectors), ids_[i].size(), of.dimension);
            const auto warn = [&](const std::string& what) { std::fprintf(stderr, "  warning: %s\n", what.c_str()); };
            if (of.vectors != ids_[i].size())
                warn(std::to_string(of.vectors - ids_[i].size()) + " ids came again; the last vector of each was kept");
            if (of.normalized != 0 && of.metric != VZ_COSINE) {
                warn(std::to_string(of.normalized) +
                     " vectors had been normalised although the metric is not cosine: their lengths are lost");
            } else if (of.normalized != 0) {
                warn(std::to_string(of.normalized) +
                     " vectors had been normalised: directions are kept, lengths are lost");
            }
            if (of.was_quantized) warn("vectors may have gone through 8 bits: what was lost there stays lost");
            if (of.sparse != 0)
                warn(std::to_string(of.sparse) + " vectors had a sparse part, which was not taken over");
        }
    }

    size_t count() const { return collections_.size(); }

 private:
    bool create(const ReferenceCollection& collection, std::string* problem) {
        vz_error error = {};
        if (create_collection(engine_, collection.name, collection.dimension, collection.metric, &error) == VZ_OK)
            return true;
        *problem = "collection '" + collection.name + "' of entry " + name_ + ": " + error.message;
        return false;
    }

    bool write(size_t i, const ReferenceBatch& batch, std::string* problem) {
        std::vector<vz_str> ids;
        std::vector<vz_str> payloads;
        for (size_t row = 0; row < batch.ids.size(); ++row) {
            ids.push_back(borrowed(batch.ids[row]));
            payloads.push_back(batch.payloads[row].empty() ? vz_str{} : borrowed(batch.payloads[row]));
            ids_[i].insert(batch.ids[row]);
        }
        vz_write_request request = {};
        request.struct_size = sizeof(request);
        request.kind = VZ_UPSERT;
        request.count = ids.size();
        request.ids = ids.data();
        request.payloads = payloads.data();
        request.vectors = {batch.values.data(), ids.size(), 0, collections_[i].dimension, VZ_F32};
        vz_error error = {};
        if (vz_write(engine_, borrowed(collections_[i].name), &request, nullptr, &error) == VZ_OK) return true;
        const std::string id = error.item < batch.ids.size() ? " '" + batch.ids[error.item] + "'" : "";
        *problem = "a vector" + id + " of collection '" + collections_[i].name + "': " + error.message;
        return false;
    }

    bool compare(const ReferenceCollection& collection, uint64_t expected, std::string* problem) {
        vz_count_request request = {};
        request.struct_size = sizeof(request);
        uint64_t points = 0;
        vz_error error = {};
        if (vz_count(engine_, borrowed(collection.name), &request, &points, &error) == VZ_OK && points == expected)
            return true;
        *problem = "collection '" + collection.name + "' has " + std::to_string(points) +
                   " points after the import, not " + std::to_string(expected);
        return false;
    }

    vz_engine* engine_;
    const std::string name_;
    const std::string text_;
    std::vector<ReferenceCollection> collections_;
    std::vector<std::unordered_set<std::string>> ids_;
};

// Fills the scratch database and leaves its archive. An exit code.
int load_all(ZipFile& zip, const Scratch& scratch) {
    EngineHandle engine;
    vz_engine_options options = {};
    options.struct_size = sizeof(options);
    if (const int failed = engine.open(scratch.data(), options); failed != 0) return failed;
    size_t collections = 0;
    std::string problem;
    for (const std::string& name : zip.names()) {
        if (!name.ends_with(kEntrySuffix)) continue;
        std::fprintf(stderr, "reading %s\n", name.c_str());
        std::string text;
        if (!zip.read(name, kEntryBytesMax, json::kPadding, &text, &problem)) return refuse(problem);
        Entry entry(engine.get(), name, std::move(text));
        if (!entry.load(&problem)) return refuse(problem);
        entry.report();
        collections += entry.count();
    }
    if (collections == 0)
        return refuse("the archive has no entry that ends in _vector_store.bin with a collection in it");
    std::fprintf(stderr, "not in such files, so not taken over: aliases, expiry, field indexes\n");
    const std::string target = scratch.archive();
    vz_archive_request request = {};
    request.struct_size = sizeof(request);
    request.path = borrowed(target);
    vz_error error = {};
    if (vz_archive_export(engine.get(), &request, &error) != VZ_OK) return refuse(error.message);
    return engine.close();
}

}  // namespace

int migrate(const std::string& path, const std::string& collection, const std::string& data_directory) {
    std::string problem;
    const std::unique_ptr<ZipFile> zip = ZipFile::open(path, &problem);
    if (zip == nullptr) return refuse(problem);
    const Scratch scratch(data_directory);
    if (!scratch.is_there()) {
        std::fprintf(stderr, "vectorizer: cannot make a directory beside %s\n", data_directory.c_str());
        return kExitStorage;
    }
    if (const int failed = load_all(*zip, scratch); failed != 0) return failed;
    return import_archive(scratch.archive(), collection, data_directory);
}

}  // namespace vz::host
