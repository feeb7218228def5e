#include "plugins/host/import.hpp"

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <cstring>

#include "frontends/codec/expiry.hpp"
#include "frontends/codec/request_id.hpp"
#include "frontends/text/names.hpp"
#include "plugins/host/abi_text.hpp"
#include "plugins/host/create_collection.hpp"
#include "plugins/host/engine_handle.hpp"
#include "plugins/host/exit_code.hpp"
#include "plugins/host/export.hpp"
#include "plugins/host/import_source.hpp"
#include "plugins/host/migrate.hpp"
#include "plugins/host/progress_line.hpp"

namespace vz::host {
namespace {

vz_metric metric_named(const std::string& name) {
    if (name == "euclidean") return VZ_EUCLIDEAN;
    if (name == "dot") return VZ_DOT;
    return name == "manhattan" ? VZ_MANHATTAN : VZ_COSINE;
}

vz_str bytes_of(const void* data, size_t bytes) { return {static_cast<const char*>(data), bytes}; }

// Of all that is written: the same points give the same id in every run, whatever file they are in, and no others do.
vz_uuid request_id(const std::string& collection, const ImportBatch& batch, uint32_t dim) {
    std::string texts;
    const auto add = [&](const std::string& text) { texts += std::to_string(text.size()) + ":" + text; };
    for (const std::string& id : batch.ids) add(id);
    for (const std::string& payload : batch.payloads) add(payload);
    const vz_str vectors = bytes_of(batch.vectors.data(), batch.vectors.size() * sizeof(float));
    const vz_uuid numbers = codec::request_id({borrowed(collection), {}, {}, vectors}, dim);
    return codec::request_id({bytes_of(numbers.bytes, sizeof(numbers.bytes)), {}, {}, borrowed(texts)}, batch.rows);
}

// A batch as one atomic write. Points that say when they expire stand in requests of their own: of the others the
// collection's time to live decides. Borrows the batch.
class BatchWrite {
 public:
    BatchWrite(const ImportBatch& batch, uint32_t dim, const vz_uuid& id) : batch_(batch), dim_(dim) {
        for (size_t i = 0; i < batch.rows; ++i) {
            const std::string_view payload = batch.payloads.empty() ? std::string_view() : batch.payloads[i];
            ids_.push_back(borrowed(batch.ids[i]));
            payloads_.push_back(payload.empty() ? vz_str{nullptr, 0} : borrowed(payload));
            expires_ms_.push_back(codec::expiry_of(payload).value_or(0));
        }
        for (size_t from = 0; from < batch.rows;) from = add_run(from);
        for (size_t i = 1; i < requests_.size(); ++i) requests_[i - 1].next = &requests_[i];
        requests_.front().request_id = id;
    }
    BatchWrite(const BatchWrite&) = delete;
    BatchWrite& operator=(const BatchWrite&) = delete;

    vz_write_request& first() { return requests_.front(); }
    const std::vector<vz_str>& ids() const { return ids_; }

 private:
    size_t add_run(size_t from) {
        const bool expires = expires_ms_[from] != 0;
        size_t to = from + 1;
        while (to < batch_.rows && (expires_ms_[to] != 0) == expires) ++to;
        vz_write_request& request = requests_.emplace_back();
        request.struct_size = sizeof(request);
        request.kind = VZ_UPSERT;
        request.count = to - from;
        request.ids = &ids_[from];
        request.vectors = {&batch_.vectors[from * dim_], to - from, 0, dim_, VZ_F32};
        request.payloads = &payloads_[from];
        if (expires) request.expires_ms = &expires_ms_[from];
        return to;
    }

    const ImportBatch& batch_;
    const uint32_t dim_;
    std::vector<vz_str> ids_;
    std::vector<vz_str> payloads_;
    std::vector<int64_t> expires_ms_;
    std::vector<vz_write_request> requests_;
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
        ProgressLine progress;
        const auto rows_a_second = [&] { return static_cast<double>(done_) / std::max(progress.seconds(), 1e-3); };
        const auto so_far = [&] {
            return std::to_string(done_) + " of " + std::to_string(source.rows()) + " rows, " +
                   std::to_string(std::llround(rows_a_second())) + " rows/s, ";
        };
        ImportBatch batch;
        std::string problem;
        while (done_ < source.rows()) {
            int failed = 0;
            if (source.read(options_.batch.value_or(1000), &batch, &problem)) {
                failed = write(source, batch);
            } else {
                std::fprintf(stderr, "\nvectorizer: %s\n", problem.c_str());
                failed = kExitStorage;
            }
            if (failed != 0) {
                tell_where_it_stopped(source, failed);
                return failed;
            }
            done_ += batch.rows;
            if (!progress.is_due()) continue;
            const double left = static_cast<double>(source.rows() - done_) / rows_a_second();
            progress.show(so_far() + "about " + std::to_string(std::llround(left)) + " s left");
        }
        progress.finish(so_far() + "took " + std::to_string(std::llround(progress.seconds())) + " s");
        std::fprintf(stderr, "%s: %llu new, %llu replaced\n", source.path().c_str(),
                     static_cast<unsigned long long>(created_), static_cast<unsigned long long>(replaced_));
        if (replayed_ != 0)
            std::fprintf(stderr, "%llu of them were there already from an earlier run\n",
                         static_cast<unsigned long long>(replayed_));
        return 0;
    }

    void tell_where_it_stopped(const ImportSource& source, int code) const {
        const char* next = code == kExitUsage ? "; once the file is mended, the same command goes on behind them"
                                              : "; the same command goes on behind them";
        std::fprintf(stderr, "The first %llu of %llu points of %s are stored in '%s'%s\n",
                     static_cast<unsigned long long>(done_), static_cast<unsigned long long>(source.rows()),
                     source.path().c_str(), options_.collection.c_str(), done_ == 0 ? "" : next);
    }

    // The collection goes again if nothing came to be in it.
    void take_back() {
        vz_change change = {};
        change.struct_size = sizeof(change);
        change.flags = VZ_IF_EMPTY;
        static_cast<void>(vz_collection_drop(engine_, borrowed(options_.collection), &change, nullptr));
    }

    int make_collection(uint32_t dim) {
        const vz_metric metric = metric_named(options_.metric.value_or("cosine"));
        vz_error error = {};
        const vz_status status = create_collection(engine_, options_.collection, dim, metric, &error);
        if (status == VZ_ALREADY_EXISTS) return options_.metric ? expect_metric(metric) : 0;
        has_made_collection_ = status == VZ_OK;
        return status == VZ_OK ? 0 : report_failure("cannot create the collection", error);
    }

    int expect_metric(vz_metric metric) {
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

    int write(const ImportSource& source, const ImportBatch& batch) {
        BatchWrite chain(batch, source.dim(), request_id(options_.collection, batch, source.dim()));
        vz_write_answer answer = {};
        answer.struct_size = sizeof(answer);
        vz_error error = {};
        vz_status status = vz_write(engine_, borrowed(options_.collection), &chain.first(), &answer, &error);
        if (status == VZ_OK && answer.outcome == VZ_REPLAYED) {
            if (is_as_written(chain.ids(), answer.lsn)) {
                replayed_ += batch.rows;
                return 0;
            }
            // An earlier run wrote them, but they were deleted, dropped or replaced since.
            chain.first().request_id = {};
            status = vz_write(engine_, borrowed(options_.collection), &chain.first(), &answer, &error);
        }
        if (status != VZ_OK) {
            const int code = report_failure(place_of(error, source, batch).c_str(), error);
            return error.item < batch.rows ? kExitUsage : code;  // a point that is refused, or the rest
        }
        created_ += answer.created;
        replaced_ += answer.applied - answer.created;
        return 0;
    }

    static std::string place_of(const vz_error& error, const ImportSource& source, const ImportBatch& batch) {
        if (error.item >= batch.rows) return "cannot write a batch";
        const std::string place = batch.places.empty()
                                      ? "row " + std::to_string(batch.first + error.item) + " of " + source.path()
                                      : batch.places[error.item];
        return "cannot write " + place + ", id '" + batch.ids[error.item] + "'";
    }

    // Whether each of the points is what the write at `lsn` made of it.
    bool is_as_written(const std::vector<vz_str>& ids, uint64_t lsn) {
        vz_get_request request = {};
        request.struct_size = sizeof(request);
        request.count = ids.size();
        request.ids = ids.data();
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
    uint64_t done_ = 0;
    uint64_t created_ = 0;
    uint64_t replaced_ = 0;
    uint64_t replayed_ = 0;
};

// Rows without ids have their number in each source: those of the second would replace those of the first.
bool have_ids_of_their_own(const std::vector<std::unique_ptr<ImportSource>>& sources) {
    const ImportSource* numbered = nullptr;
    for (const auto& source : sources) {
        if (!source->has_numbered_rows()) continue;
        if (numbered == nullptr) {
            numbered = source.get();
            continue;
        }
        std::fprintf(stderr,
                     "vectorizer: %s and %s have rows without ids, which are numbered from 0 on in each: the second "
                     "would replace points of the first. Import them into collections of their own, or as NDJSON with "
                     "ids; nothing was imported\n",
                     numbered->path().c_str(), source->path().c_str());
        return false;
    }
    return true;
}

}  // namespace

int import(const ImportOptions& options) {
    if (const char* reason = options.collection.empty() ? nullptr : text::refuse_collection_name(options.collection)) {
        std::fprintf(stderr, "vectorizer: --collection %s: %s\n", options.collection.c_str(), reason);
        return kExitUsage;
    }
    for (const std::string& path : options.sources) {
        std::string problem;
        if (!check_path(path, Folders::kTaken, &problem)) {
            std::fprintf(stderr, "vectorizer: %s\n", problem.c_str());
            return kExitUsage;
        }
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
    if (!have_ids_of_their_own(sources)) return kExitUsage;
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
