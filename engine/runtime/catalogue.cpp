#include "engine/runtime/catalogue.hpp"

#include <algorithm>

#include "engine/base/bytes.hpp"
#include "engine/base/limits.hpp"
#include "engine/runtime/schema_check.hpp"

namespace vz {
namespace {

Status no_collection(std::string_view name) {
    return failure(VZ_NOT_FOUND, "there is no collection '%.*s'", static_cast<int>(name.size()), name.data())
        .reason(VZ_REASON_COLLECTION)
        .field("collection");
}

// `field`: the member that gave the name.
Status name_taken(std::string_view name, bool by_alias, const char* field) {
    return failure(VZ_ALREADY_EXISTS, "the name '%.*s' is taken by %s", static_cast<int>(name.size()), name.data(),
                   by_alias ? "an alias" : "a collection")
        .reason(by_alias ? VZ_REASON_ALIAS : VZ_REASON_COLLECTION)
        .field(field);
}

}  // namespace

// One change on its way: its edit, and what readers see once it is durable.
struct Catalogue::Change final : EditCommit {
    Catalogue* catalogue = nullptr;
    // Under visible_mutex_. Memory may run out within: a name never comes before what it names.
    std::function<void(Lsn)> make_visible;
    std::function<void()> undo;  // of what is not told by the functions below: the edit does not enter the log
    std::shared_ptr<Collection> to_be_empty;  // when the edit gets its place in the log
    std::unique_lock<std::mutex> no_writes;   // to it
    Status outcome;

    // Names and collections as the edits to come see them; forget() takes back what this change made of them.
    void set_name(const std::string& name, Named named) {
        Names& names = catalogue->sequenced_;
        const auto found = names.find(name);
        before_.emplace_back(name, found == names.end() ? std::nullopt : std::optional(found->second));
        names.insert_or_assign(name, named);
    }
    void erase_name(const std::string& name) {
        const auto found = catalogue->sequenced_.find(name);
        before_.emplace_back(name, found->second);
        catalogue->sequenced_.erase(found);
    }
    Status drop(const std::shared_ptr<Collection>& collection, bool only_if_empty = false) {
        dropped_.reserve(dropped_.size() + 1);
        VZ_TRY(collection->close_for_drop(only_if_empty));
        dropped_.push_back(collection);
        erase_names_of(collection->id());
        // The manifest may not know of damage that this opening found: it says which files are kept.
        if (std::string damage = collection->damage(); !damage.empty())
            edit.actions.emplace_back(Quarantine{collection->id(), std::move(damage)});
        edit.actions.emplace_back(DropCollection{collection->id()});
        return {};
    }
    void forget() {
        for (auto touched = before_.rbegin(); touched != before_.rend(); ++touched) {
            if (touched->second) {
                catalogue->sequenced_.insert_or_assign(touched->first, *touched->second);
            } else {
                catalogue->sequenced_.erase(touched->first);
            }
        }
        for (const auto& collection : dropped_) collection->reopen();
        if (undo) undo();
    }

    Status check_last() override {
        if (to_be_empty == nullptr) return {};
        VZ_ASSIGN(no_writes, to_be_empty->hold_empty());
        return {};
    }
    void publish() override {
        const std::unique_lock lock(catalogue->visible_mutex_);
        make_visible(lsn);
    }
    void finish(const Status& status) override { outcome = status.clone(); }

 private:
    void erase_names_of(uint64_t id) {
        std::vector<std::string> own;
        for (const auto& [name, named] : catalogue->sequenced_) {
            if (named.id == id) own.push_back(name);
        }
        for (const std::string& name : own) erase_name(name);
    }

    std::vector<std::pair<std::string, std::optional<Named>>> before_;
    std::vector<std::shared_ptr<Collection>> dropped_;
};

void Catalogue::load(const ManifestState& state, LocalLog& log) {
    log_ = &log;
    next_collection_ = state.next_collection;
    for (const auto& [id, collection] : state.collections) {
        names_[collection.name] = {id, false};
        collections_[id] = std::make_shared<Collection>(collection, log, requests_, workers_, now_ms_, unreadable_);
    }
    for (const auto& [alias, id] : state.aliases) names_[alias] = {id, true};
    values_.insert(state.values.begin(), state.values.end());
    sequenced_ = names_;
}

// ---- readers ----

Result<std::shared_ptr<Collection>> Catalogue::resolve(std::string_view name) const {
    const std::shared_lock lock(visible_mutex_);
    const auto found = names_.find(name);
    if (found == names_.end()) return no_collection(name);
    return collections_.at(found->second.id);
}

std::shared_ptr<Collection> Catalogue::by_id(uint64_t id) const {
    const std::shared_lock lock(visible_mutex_);
    const auto found = collections_.find(id);
    return found == collections_.end() ? nullptr : found->second;
}

std::vector<std::shared_ptr<Collection>> Catalogue::list() const {
    const std::shared_lock lock(visible_mutex_);
    std::vector<std::shared_ptr<Collection>> found;
    for (const auto& [name, named] : names_) {
        if (!named.is_alias) found.push_back(collections_.at(named.id));
    }
    return found;
}

std::vector<std::string> Catalogue::aliases_of(uint64_t id) const {
    const std::shared_lock lock(visible_mutex_);
    std::vector<std::string> found;
    for (const auto& [name, named] : names_) {
        if (named.is_alias && named.id == id) found.push_back(name);
    }
    return found;
}

std::vector<Catalogue::Value> Catalogue::values(std::string_view prefix) const {
    const std::shared_lock lock(visible_mutex_);
    std::vector<Value> found;
    for (auto at = values_.lower_bound(prefix); at != values_.end() && at->first.starts_with(prefix); ++at) {
        found.push_back({at->first, at->second.value, at->second.lsn});
    }
    return found;
}

// ---- changes ----

Result<std::optional<RequestOutcome>> Catalogue::first_outcome(const vz_uuid& request) const {
    return requests_.first_outcome(request, log_->durable());
}

Result<EditOutcome> Catalogue::change(const vz_uuid& request, const std::function<Status(Change&)>& decide) {
    Change change;
    change.catalogue = this;
    {
        const std::scoped_lock lock(sequencing_);
        VZ_TRY(log_->health().ok() ? Status() : log_->refusal());
        VZ_ASSIGN(const std::optional<RequestOutcome> first, first_outcome(request));
        if (first) return EditOutcome{first->lsn, true};
        std::copy(std::begin(request.bytes), std::end(request.bytes), change.edit.request_id.begin());
        Status decided = or_out_of_memory([&]() -> Status {
            VZ_TRY(decide(change));
            return change.edit.actions.empty() ? Status() : log_->append_edit(change);
        });
        change.no_writes = {};
        if (decided.ok() && change.edit.actions.empty()) return EditOutcome{log_->durable(), false};
        if (!decided.ok()) {
            change.forget();
            return decided;
        }
        requests_.remember(request, change.lsn, 0, 0);
    }
    log_->drive(change);
    if (!change.outcome.ok()) return std::move(change.outcome);
    return EditOutcome{change.lsn, false};
}

Result<Catalogue::Named> Catalogue::find_sequenced(std::string_view name) const {
    const auto found = sequenced_.find(name);
    if (found == sequenced_.end()) return no_collection(name);
    return found->second;
}

// A collection that edits may name: durable, and not about to be dropped or renamed away.
Result<std::shared_ptr<Collection>> Catalogue::collection_named(std::string_view name) const {
    VZ_ASSIGN(const Named named, find_sequenced(name));
    if (std::shared_ptr<Collection> collection = by_id(named.id)) return collection;
    return no_collection(name);
}

Result<EditOutcome> Catalogue::create(std::string_view name, Schema schema, const vz_uuid& request) {
    VZ_TRY(check_name(name, "collection"));
    return change(request, [&](Change& change) -> Status {
        if (const auto taken = sequenced_.find(name); taken != sequenced_.end())
            return name_taken(name, taken->second.is_alias, "collection");
        CollectionState state;
        state.id = next_collection_++;
        state.uuid = new_uuid_();
        state.name = name;
        state.schema = std::move(schema);
        state.created_ms = now_ms_();
        change.set_name(state.name, {state.id, false});
        change.edit.actions.emplace_back(CreateCollection{state});
        change.make_visible = [this, state = std::move(state)](Lsn lsn) mutable {
            state.created_lsn = lsn;
            state.through_lsn = lsn;
            collections_[state.id] =
                std::make_shared<Collection>(state, *log_, requests_, workers_, now_ms_, unreadable_);
            names_[state.name] = {state.id, false};
        };
        return {};
    });
}

Result<EditOutcome> Catalogue::drop(std::string_view name, bool only_if_empty, const vz_uuid& request) {
    return change(request, [&](Change& change) -> Status {
        VZ_ASSIGN(const Named named, find_sequenced(name));
        if (named.is_alias) {
            return failure(VZ_INVALID_ARGUMENT, "'%.*s' is an alias: name the collection itself",
                           static_cast<int>(name.size()), name.data())
                .field("collection")
                .reason(VZ_REASON_ALIAS);
        }
        VZ_ASSIGN(const std::shared_ptr<Collection> collection, collection_named(name));
        VZ_TRY(change.drop(collection, only_if_empty));
        change.make_visible = [this, id = named.id](Lsn) {
            std::erase_if(names_, [&](const auto& entry) { return entry.second.id == id; });
            collections_.erase(id);
        };
        return {};
    });
}

Result<EditOutcome> Catalogue::rename(std::string_view name, std::string_view to, bool keep_alias,
                                      const vz_uuid& request) {
    VZ_TRY(check_name(to, "to"));
    return change(request, [&](Change& change) -> Status {
        VZ_ASSIGN(const std::shared_ptr<Collection> collection, collection_named(name));
        const uint64_t id = collection->id();
        const auto own = std::find_if(sequenced_.begin(), sequenced_.end(), [id](const auto& entry) {
            return entry.second.id == id && !entry.second.is_alias;
        });
        const std::string from = own->first;
        if (const auto taken = sequenced_.find(to); taken != sequenced_.end()) {
            const bool is_own_alias = taken->second.is_alias && taken->second.id == id;
            if (!is_own_alias) return name_taken(to, taken->second.is_alias, "to");
            change.edit.actions.emplace_back(DropAlias{std::string(to)});
        }
        change.edit.actions.emplace_back(RenameCollection{id, std::string(to)});
        if (keep_alias) change.edit.actions.emplace_back(SetAlias{id, from});
        change.erase_name(from);
        change.set_name(std::string(to), {id, false});
        if (keep_alias) change.set_name(from, {id, true});
        change.make_visible = [this, id, from, keep_alias, collection, new_name = std::string(to)](Lsn) {
            names_[new_name] = {id, false};
            if (keep_alias) {
                names_[from].is_alias = true;
            } else {
                names_.erase(from);
            }
            collection->set_name(new_name);
        };
        return {};
    });
}

Result<EditOutcome> Catalogue::alter(std::string_view name, const std::function<Status(Schema&)>& apply,
                                     bool only_if_empty, const vz_uuid& request) {
    return change(request, [&](Change& change) -> Status {
        VZ_ASSIGN(const std::shared_ptr<Collection> collection, collection_named(name));
        if (only_if_empty) change.to_be_empty = collection;
        const auto known = sequenced_schemas_.find(collection->id());
        const Schema before = known == sequenced_schemas_.end() ? *collection->schema() : known->second;
        Schema schema = before;
        VZ_TRY(apply(schema));
        change.undo = [this, id = collection->id(), before] { sequenced_schemas_[id] = before; };
        sequenced_schemas_[collection->id()] = schema;
        change.edit.actions.emplace_back(AlterCollection{collection->id(), schema});
        change.make_visible = [collection, schema = std::move(schema)](Lsn) { collection->set_schema(schema); };
        return {};
    });
}

Result<EditOutcome> Catalogue::commit_snapshot(Action action, const vz_uuid& request) {
    return change(request, [&](Change& change) -> Status {
        // Collections that a snapshot names must outlive the order of edits: one that is being dropped has lost its
        // files by then.
        if (const auto* create = std::get_if<CreateSnapshot>(&action)) {
            for (const CollectionState& pinned : create->snapshot.collections) {
                const bool lives = std::any_of(sequenced_.begin(), sequenced_.end(),
                                               [&](const auto& entry) { return entry.second.id == pinned.id; });
                if (!lives) return no_collection(pinned.name);
            }
        }
        change.edit.actions.push_back(std::move(action));
        change.make_visible = [](Lsn) {};
        return {};
    });
}

Result<EditOutcome> Catalogue::restore(std::vector<Restored> restored, bool replace, const vz_uuid& request) {
    return change(request, [&](Change& change) -> Status {
        std::vector<uint64_t> replaced;
        std::vector<std::pair<std::string, uint64_t>> aliases;
        for (Restored& one : restored) {
            const std::string& name = one.state.name;
            VZ_TRY(check_name(name, "to"));
            one.state.id = next_collection_++;
            one.state.uuid = new_uuid_();
            one.state.created_ms = now_ms_();
            one.state.damage.clear();
            // Of one that was replaced before: it is no name just now.
            const bool is_kept =
                std::any_of(aliases.begin(), aliases.end(), [&](const auto& alias) { return alias.first == name; });
            if (is_kept) return name_taken(name, true, "to");
            if (const auto taken = sequenced_.find(name); taken != sequenced_.end()) {
                if (!replace || taken->second.is_alias) return name_taken(name, taken->second.is_alias, "to");
                VZ_ASSIGN(const std::shared_ptr<Collection> old, collection_named(name));
                replaced.push_back(old->id());
                for (auto& [alias, named] : sequenced_) {
                    if (named.id == old->id() && named.is_alias) aliases.emplace_back(alias, one.state.id);
                }
                VZ_TRY(change.drop(old));
            }
            change.set_name(name, {one.state.id, false});
            change.edit.actions.emplace_back(RestoreCollection{one.state});
        }
        for (const auto& [alias, id] : aliases) {
            change.set_name(alias, {id, true});
            change.edit.actions.emplace_back(SetAlias{id, alias});
        }
        change.make_visible = [this, ready = std::make_shared<std::vector<Restored>>(std::move(restored)), replaced,
                               aliases](Lsn lsn) {
            for (const uint64_t id : replaced) {
                std::erase_if(names_, [&](const auto& entry) { return entry.second.id == id; });
                collections_.erase(id);
            }
            for (Restored& one : *ready) {
                one.state.created_lsn = lsn;
                one.state.through_lsn = lsn;
                auto collection =
                    std::make_shared<Collection>(one.state, *log_, requests_, workers_, now_ms_, unreadable_);
                for (auto& [part, ended] : one.parts) {
                    part->note_restored(lsn);
                    collection->add_sealed(std::move(part), ended);
                }
                collections_[one.state.id] = std::move(collection);
                names_[one.state.name] = {one.state.id, false};
            }
            for (const auto& [alias, id] : aliases) names_[alias] = {id, true};
        };
        return {};
    });
}

Result<EditOutcome> Catalogue::apply_aliases(std::span<const vz_alias_change> changes, const vz_uuid& request) {
    return change(request, [&](Change& change) -> Status {
        for (size_t i = 0; i < changes.size(); ++i) {
            const std::string alias(view(changes[i].alias));
            const auto existing = sequenced_.find(alias);
            if (changes[i].collection.data == nullptr) {
                if (existing == sequenced_.end() || !existing->second.is_alias) {
                    return failure(VZ_NOT_FOUND, "there is no alias '%s'", alias.c_str())
                        .reason(VZ_REASON_ALIAS)
                        .field("changes.alias")
                        .item(i);
                }
                change.erase_name(alias);
                change.edit.actions.emplace_back(DropAlias{alias});
                continue;
            }
            if (Status named = check_name(alias, "changes.alias"); !named.ok()) return std::move(named).item(i);
            if (existing != sequenced_.end() && !existing->second.is_alias)
                return name_taken(alias, false, "changes.alias").item(i);
            Result<std::shared_ptr<Collection>> found = collection_named(view(changes[i].collection));
            if (!found.ok()) return std::move(found.take_status()).item(i);
            const std::shared_ptr<Collection> collection = found.take();
            change.set_name(alias, {collection->id(), true});
            change.edit.actions.emplace_back(SetAlias{collection->id(), alias});
        }
        change.make_visible = [this, actions = change.edit.actions](Lsn) {
            for (const Action& action : actions) {
                if (const auto* set = std::get_if<SetAlias>(&action)) names_[set->alias] = {set->collection, true};
                if (const auto* dropped = std::get_if<DropAlias>(&action)) names_.erase(dropped->alias);
            }
        };
        return {};
    });
}

Result<EditOutcome> Catalogue::put_values(std::span<const std::pair<std::string, std::optional<std::string>>> values,
                                          const vz_uuid& request) {
    return change(request, [&](Change& change) -> Status {
        for (const auto& [key, value] : values) change.edit.actions.emplace_back(PutValue{key, value});
        change.make_visible = [this, actions = change.edit.actions](Lsn lsn) {
            for (const Action& action : actions) {
                const auto& put = std::get<PutValue>(action);
                if (put.value) {
                    values_[put.key] = {*put.value, lsn};
                } else {
                    values_.erase(put.key);
                }
            }
        };
        return {};
    });
}

}  // namespace vz
