#include "tests/crash/store.hpp"

#include <deque>
#include <limits>
#include <map>
#include <optional>
#include <set>
#include <utility>
#include <vector>

#include "engine/collection/read.hpp"
#include "engine/runtime/engine.hpp"
#include "engine/runtime/schema_check.hpp"
#include "tests/crash/copies.hpp"
#include "tests/crash/dump.hpp"
#include "tests/crash/request_view.hpp"

namespace vz {
namespace {

constexpr uint32_t kAllRows = std::numeric_limits<uint32_t>::max() / 2;
constexpr uint64_t kWalBytes = 16 * 1024;     // small, so that workloads switch files
constexpr uint64_t kExtendBytes = 8 * 1024;   // likewise, so that manifests grow
constexpr uint64_t kGrowingBytes = 2 * 1024;  // likewise, so that they outgrow it
constexpr uint64_t kMemoryBytes = 1 << 30;    // no look at the machine in each of millions of openings

Status write(Engine& engine, const Operation& operation, uint64_t* lsn) {
    std::deque<WriteView> views;
    if (operation.parts.empty()) views.emplace_back(operation);
    for (const Operation& part : operation.parts) views.emplace_back(part);
    for (size_t i = 1; i < views.size(); ++i) views[i - 1].request.next = &views[i].request;
    vz_write_request& request = views.front().request;
    request.request_id = operation.request_id;
    vz_write_answer answer = {};
    std::vector<Status> item_errors;
    VZ_TRY(engine.write(operation.collection, request, &answer, &item_errors));
    *lsn = answer.lsn;
    return {};
}

Result<EditOutcome> create(Catalogue& catalogue, const Operation& operation) {
    const SchemaView view(operation.schema);
    VZ_ASSIGN(Schema schema, check_schema(view.schema));
    return catalogue.create(operation.collection, std::move(schema), operation.request_id);
}

Result<EditOutcome> alter(Engine& engine, const Operation& operation) {
    const AlterView view(operation.changes);
    const auto apply = [&](Schema& schema) -> Status {
        for (const vz_alter_change& change : view.changes) VZ_TRY(apply_change(change, &schema));
        return {};
    };
    VZ_ASSIGN(const EditOutcome outcome,
              engine.catalogue().alter(operation.collection, apply, operation.kind == Operation::Kind::kAlterIfEmpty,
                                       operation.request_id));
    const Result<std::shared_ptr<Collection>> altered = engine.catalogue().resolve(operation.collection);
    if (altered.ok()) engine.maintenance().note_changed(*altered);
    return outcome;
}

// Of all rows, clients see and count those that have not expired.
Status check_expiry(Collection& collection, const Page& all, int64_t now_ms) {
    const ReadView view = collection.pin();
    std::set<std::string> living;
    for (const RowRef& row : all.rows) {
        const int64_t at = row.part->expires_ms(row.row);
        if (at == 0 || at > now_ms) living.insert(id_text(row.part->id(row.row)));
    }
    VZ_ASSIGN(const Page page, scan_rows(view, nullptr, std::nullopt, 0, kAllRows, {}));
    std::set<std::string> shown;
    for (const RowRef& row : page.rows) shown.insert(id_text(row.part->id(row.row)));
    if (shown == living && collection.live_points() == living.size()) return {};
    return failure(VZ_INTERNAL, "%s has %zu points that live, shows %zu and counts %llu", collection.name().c_str(),
                   living.size(), shown.size(), static_cast<unsigned long long>(collection.live_points()));
}

// Dumps a collection and all of its points.
Status dump_collection(Collection& collection, const std::vector<std::string>& aliases, int64_t now_ms,
                       std::string* text) {
    const auto schema = collection.schema();
    dump_collection(text, collection.name(), *schema, {aliases.begin(), aliases.end()});
    const ReadView view = collection.pin();
    ReadView timeless = view;
    timeless.now_ms = 0;
    VZ_ASSIGN(const Page page, scan_rows(timeless, nullptr, std::nullopt, 0, kAllRows, {}));
    if (page.rows.size() != collection.points()) {
        return failure(VZ_INTERNAL, "%s counts %llu points and shows %zu", collection.name().c_str(),
                       static_cast<unsigned long long>(collection.points()), page.rows.size());
    }
    VZ_TRY(check_expiry(collection, page, now_ms));
    std::map<std::string, RowRef> rows;
    for (const RowRef& row : page.rows) rows[id_text(row.part->id(row.row))] = row;
    if (rows.size() != page.rows.size()) return failure(VZ_INTERNAL, "%s shows an id twice", collection.name().c_str());
    for (const auto& [id, row] : rows) {
        dump_point(text, id, row.part->version(row.row), row.part->expiry(row.row),
                   std::string(row.part->payload(row.row)));
        for (const VectorFieldSchema& field : schema->fields)
            dump_vector(text, field, row.part->vector(field.id, row.row));
    }
    return {};
}

}  // namespace

Store::Store() = default;
Store::~Store() = default;

Result<std::unique_ptr<Store>> Store::open(FileSystem& files, const std::string& directory, uint64_t seed,
                                           int64_t now_ms, Threads threads) {
    EngineSettings settings;
    settings.wal_file_first_bytes = kWalBytes;
    settings.wal_file_bytes = kWalBytes;
    settings.manifest_extend_bytes = kExtendBytes;
    // Without threads nobody but a replay seals by size: there is a seal in most recoveries.
    if (threads == Threads::kNone) settings.growing_bytes_max = kGrowingBytes;
    if (threads == Threads::kNone) settings.growing_total_bytes_max = 2 * kGrowingBytes;
    // Every other one, of workloads too, whose seeds are thousands.
    if (seed / 1000 % 2 == 0) settings.close_replay_bytes = 1;
    settings.memory_bytes = kMemoryBytes;
    settings.background = threads == Threads::kBackground;
    settings.ballast_bytes = kWalBytes;
    settings.seed = seed | 1;
    settings.verify = EngineSettings::Verify::kAtOpen;
    std::unique_ptr<Store> store(new Store);
    store->clock_ms_ = now_ms;
    settings.now_ms = [clock = &store->clock_ms_] { return clock->load(); };
    VZ_ASSIGN(store->engine_, Engine::open(files, directory, settings));
    return store;
}

Status Store::apply(const Operation& operation, uint64_t* lsn) {
    clock_ms_ = operation.now_ms;
    Catalogue& catalogue = engine_->catalogue();
    const vz_uuid& request = operation.request_id;
    const vz_alias_change alias{text_of(operation.name), operation.kind == Operation::Kind::kSetAlias
                                                             ? text_of(operation.collection)
                                                             : vz_str{}};
    std::pair<std::string, std::optional<std::string>> value{operation.name, std::nullopt};
    if (operation.kind == Operation::Kind::kPutValue) value.second = operation.value;
    switch (operation.kind) {
        case Operation::Kind::kCreate: return edit(create(catalogue, operation), lsn);
        case Operation::Kind::kDrop:
        case Operation::Kind::kDropIfEmpty: {
            const bool only_if_empty = operation.kind == Operation::Kind::kDropIfEmpty;
            return edit(engine_->drop(operation.collection, only_if_empty, request), lsn);
        }
        case Operation::Kind::kRename:
        case Operation::Kind::kRenameKeepingAlias: {
            const bool keeps_alias = operation.kind == Operation::Kind::kRenameKeepingAlias;
            return edit(catalogue.rename(operation.collection, operation.name, keeps_alias, request), lsn);
        }
        case Operation::Kind::kSetAlias:
        case Operation::Kind::kDropAlias: return edit(catalogue.apply_aliases({&alias, 1}, request), lsn);
        case Operation::Kind::kPutValue:
        case Operation::Kind::kDropValue: return edit(catalogue.put_values({&value, 1}, request), lsn);
        case Operation::Kind::kUpsert:
        case Operation::Kind::kUpsertPerItem:
        case Operation::Kind::kUpdatePerItem:
        case Operation::Kind::kUpdatePayloads:
        case Operation::Kind::kPatchPayloads:
        case Operation::Kind::kWriteChain:
        case Operation::Kind::kUpdateVectors:
        case Operation::Kind::kDelete:
        case Operation::Kind::kDeleteFiltered:
        case Operation::Kind::kPatchFiltered:
        case Operation::Kind::kSetExpiry:
        case Operation::Kind::kClear: return write(*engine_, operation, lsn);
        case Operation::Kind::kCheckpoint: return checkpoint(operation.collection);
        case Operation::Kind::kCompact: return compact(operation.collection);
        case Operation::Kind::kSnapshot:
        case Operation::Kind::kSnapshotAll:
        case Operation::Kind::kDropSnapshot:
        case Operation::Kind::kRestore:
        case Operation::Kind::kClone:
        case Operation::Kind::kExport:
        case Operation::Kind::kExportSnapshot:
        case Operation::Kind::kExportStream:
        case Operation::Kind::kImport:
        case Operation::Kind::kImportOver: return copy(*engine_, operation, lsn);
        case Operation::Kind::kAddIndex:
        case Operation::Kind::kDropIndex:
        case Operation::Kind::kAddField:
        case Operation::Kind::kDropField:
        case Operation::Kind::kTuneField:
        case Operation::Kind::kSetMetadata:
        case Operation::Kind::kSetTtl:
        case Operation::Kind::kAlterSeveral:
        case Operation::Kind::kAlterIfEmpty: return edit(alter(*engine_, operation), lsn);
        case Operation::Kind::kExpire: return expire(operation.collection);
        case Operation::Kind::kIdle: engine_->log().step_idle(); return {};
    }
    return {};
}

Status Store::apply_group(const std::vector<Operation>& operations, std::vector<uint64_t>* lsns) {
    std::vector<std::unique_ptr<WriteCommit>> commits;
    std::vector<Status> outcomes(operations.size());
    if (!operations.empty()) clock_ms_ = operations.back().now_ms;
    WriteCommit* last = nullptr;
    Status refused;
    for (size_t i = 0; i < operations.size() && refused.ok(); ++i) {
        VZ_ASSIGN(const std::shared_ptr<Collection> target, engine_->catalogue().resolve(operations[i].collection));
        commits.push_back(std::make_unique<WriteCommit>(target));
        commits.back()->done = [&outcomes, i](const Status& status) { outcomes[i] = status.clone(); };
        const WriteView view(operations[i]);
        bool in_flight = false;
        refused = target->begin_write(view.request, *commits.back(), &in_flight);
        if (in_flight) last = commits.back().get();
    }
    if (last != nullptr) engine_->log().drive(*last);
    for (const Status& outcome : outcomes) VZ_TRY(outcome.clone());
    VZ_TRY(std::move(refused));
    for (const auto& commit : commits) lsns->push_back(commit->answer.lsn);
    return {};
}

Status Store::checkpoint(const std::string& collection) {
    if (collection.empty()) return engine_->checkpoints().take_all().take_status();
    VZ_ASSIGN(const std::shared_ptr<Collection> target, engine_->catalogue().resolve(collection));
    return engine_->checkpoints().take(*target).take_status();
}

Status Store::expire(const std::string& collection) {
    VZ_ASSIGN(const std::shared_ptr<Collection> target, engine_->catalogue().resolve(collection));
    // Nothing is deleted then, and nobody is told: the background goes on.
    if (engine_->log().has_failed()) return engine_->log().refusal();
    return engine_->maintenance().expire(target).take_status();
}

Status Store::compact(const std::string& collection) {
    VZ_ASSIGN(const std::shared_ptr<Collection> target, engine_->catalogue().resolve(collection));
    for (;;) {
        VZ_ASSIGN(const bool done, engine_->compaction().compact(*target, true));
        if (!done) return {};
    }
}

Result<std::string> Store::dump(const std::string& prefix) {
    std::string text;
    for (const std::shared_ptr<Collection>& collection : engine_->catalogue().list()) {
        if (!collection->name().starts_with(prefix)) continue;
        VZ_TRY(collection->health());
        VZ_TRY(dump_collection(*collection, engine_->catalogue().aliases_of(collection->id()), clock_ms_, &text));
    }
    for (const SnapshotState& snapshot : engine_->snapshots().list()) {
        if (!snapshot.name.starts_with(prefix)) continue;
        dump_snapshot(&text, snapshot.name);
        for (const CollectionState& of : snapshot.collections) dump_snapshot_of(&text, of.name);
    }
    for (const Catalogue::Value& value : engine_->catalogue().values(prefix))
        dump_value(&text, value.key, value.value, value.lsn);
    return text;
}

Status Store::check_archives(const Model& model) {
    for (const auto& [name, copies] : model.archives()) VZ_TRY(check_archive(engine_->files(), name, copies));
    return {};
}

uint64_t Store::durable_lsn() const { return engine_->log().durable(); }

Status Store::close() { return engine_->close(); }

}  // namespace vz
