#include "plugins/host/import.hpp"

#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <cstring>

#include "frontends/codec/names.hpp"
#include "plugins/host/abi_text.hpp"
#include "plugins/host/engine_handle.hpp"
#include "plugins/host/export.hpp"
#include "plugins/host/import_source.hpp"
#include "plugins/host/migrate.hpp"

namespace vz::host {
namespace {

using Clock = std::chrono::steady_clock;

uint32_t metric_named(const std::string& name) {
    if (name == "euclidean") return VZ_EUCLIDEAN;
    if (name == "dot") return VZ_DOT;
    return name == "manhattan" ? VZ_MANHATTAN : VZ_COSINE;
}

// FNV-1a, twice with different bases: the same source and offset give the same request id in every run.
vz_uuid request_id(const std::string& text) {
    vz_uuid id = {};
    uint64_t halves[2] = {0xcbf29ce484222325ull, 0x84222325cbf29ce4ull};
    for (uint64_t& half : halves) {
        for (const char c : text) half = (half ^ static_cast<unsigned char>(c)) * 0x100000001b3ull;
    }
    std::memcpy(id.bytes, halves, sizeof(id.bytes));
    return id;
}

class Progress {
 public:
    explicit Progress(uint64_t total) : total_(total) {}

    void show(uint64_t done, bool last) {
        const auto now = Clock::now();
        const bool terminal = ::isatty(STDERR_FILENO) == 1;
        if (!last && now - shown_ < (terminal ? std::chrono::milliseconds(200) : std::chrono::milliseconds(5000)))
            return;
        shown_ = now;
        const double seconds = std::chrono::duration<double>(now - began_).count();
        const double rate = seconds > 0 ? static_cast<double>(done) / seconds : 0;
        const double left = rate > 0 ? static_cast<double>(total_ - done) / rate : 0;
        std::fprintf(stderr, "%s%llu of %llu rows, %.0f rows/s, %s%.0f s%s", terminal ? "\r\x1b[K" : "",
                     static_cast<unsigned long long>(done), static_cast<unsigned long long>(total_), rate,
                     last ? "took " : "about ", last ? seconds : left,
                     last       ? "\n"
                     : terminal ? " left"
                                : " left\n");
    }

 private:
    const uint64_t total_;
    const Clock::time_point began_ = Clock::now();
    Clock::time_point shown_ = began_;
};

class Import {
 public:
    Import(vz_engine* engine, const ImportOptions& options) : engine_(engine), options_(options) {}

    int run(ImportSource& source) {
        if (const int failed = make_collection(source.dim()); failed != 0) return failed;
        const int code = fill(source);
        if (code != 0 && has_made_collection_) take_back();
        return code;
    }

 private:
    int fill(ImportSource& source) {
        Progress progress(source.rows());
        ImportBatch batch;
        std::string problem;
        uint64_t done = 0;
        uint64_t replayed = 0;
        while (done < source.rows()) {
            if (!source.read(options_.batch.value_or(1000), &batch, &problem)) {
                std::fprintf(stderr, "\nvectorizer: %s\n", problem.c_str());
                return 1;
            }
            if (const int failed = write(source, batch, &replayed); failed != 0) return failed;
            done += batch.rows;
            progress.show(done, false);
        }
        progress.show(done, true);
        if (replayed != 0)
            std::fprintf(stderr, "%llu of them were there already from an earlier run\n",
                         static_cast<unsigned long long>(replayed));
        return 0;
    }

    // The collection goes again if nothing came to be in it.
    void take_back() {
        vz_change change = {};
        change.struct_size = sizeof(change);
        change.flags = VZ_IF_EMPTY;
        static_cast<void>(vz_collection_drop(engine_, borrowed(options_.collection), &change, nullptr));
    }

    int make_collection(uint32_t dim) {
        vz_vector_field field = {};
        field.struct_size = sizeof(field);
        field.dim = dim;
        field.metric = metric_named(options_.metric.value_or("cosine"));
        vz_schema schema = {};
        schema.struct_size = sizeof(schema);
        schema.vector_fields = &field;
        schema.vector_field_count = 1;
        vz_error error = {};
        const vz_status status = vz_collection_create(engine_, borrowed(options_.collection), &schema, nullptr, &error);
        if (status == VZ_ALREADY_EXISTS) return options_.metric ? expect_metric(field.metric) : 0;
        has_made_collection_ = status == VZ_OK;
        return status == VZ_OK ? 0 : report_failure("cannot create the collection", error);
    }

    int expect_metric(uint32_t metric) {
        vz_result* described = nullptr;
        vz_error error = {};
        if (vz_collection_describe(engine_, borrowed(options_.collection), &described, &error) != VZ_OK)
            return report_failure("cannot read the collection", error);
        uint64_t count = 0;
        const auto* info =
            static_cast<const vz_collection_info*>(vz_result_items(described, VZ_RESULT_COLLECTIONS, &count));
        const bool is_so = info->schema->vector_field_count != 0 && info->schema->vector_fields[0].metric == metric;
        vz_result_release(described);
        if (is_so) return 0;
        std::fprintf(stderr, "vectorizer: collection '%s' is there and has another metric than --metric %s\n",
                     options_.collection.c_str(), options_.metric->c_str());
        return kExitUsage;
    }

    int write(const ImportSource& source, const ImportBatch& batch, uint64_t* replayed) {
        std::vector<std::string> texts;
        std::vector<vz_str> ids;
        std::vector<vz_str> payloads;
        texts.reserve(batch.rows);
        for (size_t i = 0; i < batch.rows; ++i) {
            texts.push_back(batch.ids.empty() ? std::to_string(batch.first + i) : batch.ids[i]);
            ids.push_back(borrowed(texts.back()));
            if (!batch.payloads.empty())
                payloads.push_back(batch.payloads[i].empty() ? vz_str{nullptr, 0} : borrowed(batch.payloads[i]));
        }
        vz_write_request request = {};
        request.struct_size = sizeof(request);
        request.kind = VZ_UPSERT;
        request.count = batch.rows;
        request.ids = ids.data();
        request.vectors = {batch.vectors.data(), batch.rows, 0, source.dim(), VZ_F32};
        request.payloads = payloads.empty() ? nullptr : payloads.data();
        request.request_id = request_id(options_.collection + "\n" + source.identity() + "\n" +
                                        std::to_string(batch.first) + "\n" + std::to_string(batch.rows));
        vz_write_answer answer = {};
        answer.struct_size = sizeof(answer);
        vz_error error = {};
        if (vz_write(engine_, borrowed(options_.collection), &request, &answer, &error) != VZ_OK)
            return report_failure("cannot write a batch", error);
        if (answer.outcome != VZ_REPLAYED) return 0;
        if (is_as_written(request, answer.lsn)) {
            *replayed += batch.rows;
            return 0;
        }
        // An earlier run wrote them, but they were deleted, dropped or replaced since.
        request.request_id = {};
        return vz_write(engine_, borrowed(options_.collection), &request, &answer, &error) == VZ_OK
                   ? 0
                   : report_failure("cannot write a batch", error);
    }

    // Whether each point of the batch is what the write at `lsn` made of it.
    bool is_as_written(const vz_write_request& batch, uint64_t lsn) {
        vz_get_request request = {};
        request.struct_size = sizeof(request);
        request.count = batch.count;
        request.ids = batch.ids;
        vz_result* found = nullptr;
        vz_error error = {};
        if (vz_get(engine_, borrowed(options_.collection), &request, &found, &error) != VZ_OK) return false;
        vz_rows rows = {};
        rows.struct_size = sizeof(rows);
        const bool is_read = vz_result_rows(found, 0, &rows, &error) == VZ_OK;
        const bool is_so = is_read && std::all_of(rows.versions, rows.versions + rows.count,
                                                  [&](uint64_t version) { return version == lsn; });
        vz_result_release(found);
        return is_so;
    }

    vz_engine* engine_;
    const ImportOptions& options_;
    bool has_made_collection_ = false;
};

}  // namespace

int import(const ImportOptions& options) {
    if (const char* reason = options.collection.empty() ? nullptr : codec::refuse_collection_name(options.collection)) {
        std::fprintf(stderr, "vectorizer: --collection %s: %s\n", options.collection.c_str(), reason);
        return kExitUsage;
    }
    for (const std::string& path : options.sources) {
        const ArchiveKind kind = archive_kind(path);
        if (kind == ArchiveKind::kNone) continue;
        if (options.sources.size() != 1 || options.metric || options.batch) {
            std::fprintf(stderr,
                         "vectorizer: %s is an archive: it is imported alone, and takes neither --metric nor --batch\n",
                         path.c_str());
            return kExitUsage;
        }
        return kind == ArchiveKind::kZip ? migrate(path, options.collection, options.data_directory)
                                         : import_archive(path, options.collection, options.data_directory);
    }
    if (options.collection.empty()) {
        std::fprintf(stderr, "vectorizer: --collection is required: the collection to fill\n");
        return kExitUsage;
    }
    std::vector<std::unique_ptr<ImportSource>> sources;
    for (const std::string& path : options.sources) {
        std::string problem;
        sources.push_back(open_source(path, &problem));
        if (sources.back() == nullptr) {
            std::fprintf(stderr, "vectorizer: %s\n", problem.c_str());
            return kExitUsage;
        }
    }
    EngineHandle engine;
    vz_engine_options engine_options = {};
    engine_options.struct_size = sizeof(engine_options);
    if (const int failed = engine.open(options.data_directory, engine_options); failed != 0) return failed;
    for (const auto& source : sources) {
        if (const int failed = Import(engine.get(), options).run(*source); failed != 0) return failed;
    }
    return engine.close();
}

}  // namespace vz::host
