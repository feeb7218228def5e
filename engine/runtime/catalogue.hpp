// Which collections, aliases and values exist: as the sequencer of edits sees them (with everything on its way), and as
// readers do (durable only). Each change is one edit of the manifest.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <shared_mutex>
#include <string>
#include <vector>

#include "engine/collection/collection.hpp"
#include "engine/runtime/local_log.hpp"

namespace vz {

// What a change of the catalogue came to.
struct EditOutcome {
    Lsn lsn = 0;
    bool replayed = false;
};

// Any thread. Changes block until they are durable.
class Catalogue {
 public:
    Catalogue(RequestIds& requests, Workers& workers, std::function<int64_t()> now_ms,
              std::function<vz_uuid()> new_uuid, DamageSink unreadable)
        : requests_(requests),
          workers_(workers),
          now_ms_(std::move(now_ms)),
          new_uuid_(std::move(new_uuid)),
          unreadable_(std::move(unreadable)) {}

    // At recovery, before anything else.
    void load(const ManifestState& state, LocalLog& log);

    // ---- readers ----

    // By name or alias; VZ_NOT_FOUND.
    Result<std::shared_ptr<Collection>> resolve(std::string_view name) const;
    std::shared_ptr<Collection> by_id(uint64_t id) const;
    std::vector<std::shared_ptr<Collection>> list() const;  // by name
    std::vector<std::string> aliases_of(uint64_t id) const;
    struct Value {
        std::string key;
        std::string value;
        Lsn lsn;
    };
    std::vector<Value> values(std::string_view prefix) const;

    // ---- changes ----

    // How a request of this id ended, if there was one. VZ_BUSY: that is not known yet.
    Result<std::optional<RequestOutcome>> first_outcome(const vz_uuid& request) const;

    Result<EditOutcome> create(std::string_view name, Schema schema, const vz_uuid& request);
    Result<EditOutcome> drop(std::string_view name, bool only_if_empty, const vz_uuid& request);
    Result<EditOutcome> rename(std::string_view name, std::string_view to, bool keep_alias, const vz_uuid& request);
    // `apply` changes the schema as the edits before it leave it, or refuses.
    Result<EditOutcome> alter(std::string_view name, const std::function<Status(Schema&)>& apply, bool only_if_empty,
                              const vz_uuid& request);
    Result<EditOutcome> apply_aliases(std::span<const vz_alias_change> changes, const vz_uuid& request);
    Result<EditOutcome> put_values(std::span<const std::pair<std::string, std::optional<std::string>>> values,
                                   const vz_uuid& request);

    // The edit of a snapshot that is made or dropped: it names no collection.
    Result<EditOutcome> commit_snapshot(Action action, const vz_uuid& request);
    // A collection that begins with sealed parts.
    struct Restored {
        CollectionState state;  // id, uuid, creation and damage are set here: what it begins with was verified
        std::vector<std::pair<std::shared_ptr<Part>, Bitmap>> parts;
    };
    // All or none, as one edit. Over existing collections only if `replace`; their aliases stay, and no collection
    // takes the name of one: VZ_ALREADY_EXISTS.
    Result<EditOutcome> restore(std::vector<Restored> collections, bool replace, const vz_uuid& request);

 private:
    struct Named {
        uint64_t id = 0;
        bool is_alias = false;
    };
    struct Change;
    using Names = std::map<std::string, Named, std::less<>>;

    // Runs `decide` under the sequencing lock; it validates against sequenced_ and fills edit and what becomes visible
    // with it.
    Result<EditOutcome> change(const vz_uuid& request, const std::function<Status(Change&)>& decide);
    Result<Named> find_sequenced(std::string_view name) const;
    Result<std::shared_ptr<Collection>> collection_named(std::string_view name) const;

    RequestIds& requests_;
    Workers& workers_;
    std::function<int64_t()> now_ms_;
    std::function<vz_uuid()> new_uuid_;
    DamageSink unreadable_;
    LocalLog* log_ = nullptr;

    std::mutex sequencing_;  // before a collection's sequencing lock, before the log's
    Names sequenced_;
    std::map<uint64_t, Schema> sequenced_schemas_;  // of collections that were altered
    uint64_t next_collection_ = 1;

    mutable std::shared_mutex visible_mutex_;
    Names names_;
    std::map<uint64_t, std::shared_ptr<Collection>> collections_;
    std::map<std::string, ValueState, std::less<>> values_;
};

}  // namespace vz
