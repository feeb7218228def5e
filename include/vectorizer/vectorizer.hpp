// The C ABI for C++20: owners, spans and typed errors over engine.h and frontend.h. Header only and no part of the ABI:
// it is compiled into the caller, so that caller and library may be of different compilers and standard libraries.
//
// Every call has the contract, thread tags and lifetimes of the C function it is named after. Nothing throws but
// Expected::value(). Requests are the C structs, made by vz::make<T>(); what most callers need has an overload that
// takes spans.
//
//   auto engine = vz::Engine::open("./data");
//   if (!engine) return complain(engine.error());
//   auto made = engine->create("docs", 3, VZ_COSINE);
//   auto hits = engine->search("docs", query, 10);
//   for (const vz::Row row : hits->rows()) print(row.id(), row.score());
#pragma once

#include <concepts>
#include <cstring>
#include <exception>
#include <initializer_list>
#include <memory>
#include <new>
#include <span>
#include <string_view>
#include <utility>
#include <variant>

#include "vectorizer/engine.h"
#include "vectorizer/frontend.h"

namespace vz {
inline namespace abi1 {

// A growable struct, zeroed, with its size set.
template <class T>
requires requires(T value) { value.struct_size = uint32_t{}; }
T make() noexcept {
    T value;
    std::memset(static_cast<void*>(&value), 0, sizeof value);
    value.struct_size = static_cast<uint32_t>(sizeof value);
    return value;
}

// Borrows. An empty string_view that points somewhere is an empty text, a default one is absent.
inline vz_str str(std::string_view text) noexcept { return {text.data(), text.size()}; }
inline std::string_view view(vz_str text) noexcept {
    return text.data == nullptr ? std::string_view() : std::string_view(text.data, text.size);
}

// Packed float32 rows.
inline vz_matrix matrix(std::span<const float> values, uint64_t rows = 1) noexcept {
    const uint64_t dim = rows == 0 ? 0 : values.size() / rows;
    return {values.data(), rows, 0, static_cast<uint32_t>(dim), VZ_F32};
}

// Why a call failed. Decide by status, reason, item and field; the message is for people.
class Error {
 public:
    Error() noexcept : raw_() { raw_.item = VZ_NO_ITEM; }
    explicit Error(const vz_error& raw) noexcept : raw_(raw) {}
    Error(vz_status status, std::string_view field, std::string_view message) noexcept : Error() {
        raw_.status = status;
        copy(field, raw_.field);
        copy(message, raw_.message);
    }

    vz_status status() const noexcept { return raw_.status; }
    const char* status_name() const noexcept { return vz_status_name(raw_.status); }
    vz_reason reason() const noexcept { return raw_.reason; }
    bool has_item() const noexcept { return raw_.item != VZ_NO_ITEM; }
    uint64_t item() const noexcept { return raw_.item; }
    int64_t expected() const noexcept { return raw_.expected; }
    int64_t actual() const noexcept { return raw_.actual; }
    std::string_view field() const noexcept { return raw_.field; }
    std::string_view message() const noexcept { return raw_.message; }
    const vz_error& raw() const noexcept { return raw_; }

 private:
    template <size_t kSize>
    static void copy(std::string_view from, char (&to)[kSize]) noexcept {
        const size_t size = from.size() < kSize ? from.size() : kSize - 1;
        if (size != 0) std::memcpy(to, from.data(), size);
        to[size] = 0;
    }

    vz_error raw_;
};

// What Expected::value() throws.
class Failure final : public std::exception {
 public:
    explicit Failure(const Error& error) noexcept : error_(error) {}
    const char* what() const noexcept override { return error_.raw().message; }
    const Error& error() const noexcept { return error_; }

 private:
    Error error_;
};

// A value or an Error, as std::expected of C++23.
template <class T>
class [[nodiscard]] Expected {
 public:
    Expected(T value)
        : content_(std::in_place_index<0>, std::move(value)) {}  // NOLINT(google-explicit-constructor): `return value;`
    Expected(const Error& error)
        : content_(std::in_place_index<1>, error) {}  // NOLINT(google-explicit-constructor): `return error;`

    bool has_value() const noexcept { return content_.index() == 0; }
    explicit operator bool() const noexcept { return has_value(); }
    // Of a value only.
    T& operator*() & noexcept { return *std::get_if<0>(&content_); }
    const T& operator*() const& noexcept { return *std::get_if<0>(&content_); }
    T&& operator*() && noexcept { return std::move(*std::get_if<0>(&content_)); }
    T* operator->() noexcept { return std::get_if<0>(&content_); }
    const T* operator->() const noexcept { return std::get_if<0>(&content_); }
    T& value() & { return has_value() ? **this : throw Failure(error()); }
    T&& value() && { return has_value() ? std::move(**this) : throw Failure(error()); }
    // Of a failure only.
    const Error& error() const noexcept { return *std::get_if<1>(&content_); }

 private:
    std::variant<T, Error> content_;
};

template <>
class [[nodiscard]] Expected<void> {
 public:
    Expected() noexcept = default;
    Expected(const Error& error) noexcept : error_(error) {}  // NOLINT(google-explicit-constructor): `return error;`

    bool has_value() const noexcept { return error_.status() == VZ_OK; }
    explicit operator bool() const noexcept { return has_value(); }
    void value() const {
        if (!has_value()) throw Failure(error_);
    }
    const Error& error() const noexcept { return error_; }

 private:
    Error error_;
};

// An array of growable elements, stepped through by the stride its first element names.
template <class T>
class Items {
 public:
    class Iterator {
     public:
        using value_type = T;
        using difference_type = std::ptrdiff_t;
        Iterator() noexcept = default;
        Iterator(const T* first, uint64_t index) noexcept : first_(first), index_(index) {}
        const T& operator*() const noexcept { return *VZ_AT(T, first_, index_); }
        const T* operator->() const noexcept { return VZ_AT(T, first_, index_); }
        Iterator& operator++() noexcept { return ++index_, *this; }
        Iterator operator++(int) noexcept { return Iterator(first_, index_++); }
        bool operator==(const Iterator& other) const noexcept { return index_ == other.index_; }

     private:
        const T* first_ = nullptr;
        uint64_t index_ = 0;
    };

    Items(const T* first, uint64_t count) noexcept : first_(first), count_(first == nullptr ? 0 : count) {}
    uint64_t size() const noexcept { return count_; }
    bool empty() const noexcept { return count_ == 0; }
    const T& operator[](uint64_t index) const noexcept { return *VZ_AT(T, first_, index); }
    Iterator begin() const noexcept { return {first_, 0}; }
    Iterator end() const noexcept { return {first_, count_}; }

 private:
    const T* first_;
    uint64_t count_;
};

// A row of a Rows, which it borrows. Columns that were not asked for read as zero, absent or empty.
class Row {
 public:
    Row(const vz_rows& rows, uint64_t index) noexcept : rows_(&rows), index_(index) {}
    std::string_view id() const noexcept { return view(rows_->ids[index_]); }
    uint8_t id_kind() const noexcept {
        return rows_->id_kinds == nullptr ? uint8_t{VZ_ID_TEXT} : rows_->id_kinds[index_];
    }
    uint64_t version() const noexcept { return rows_->versions == nullptr ? 0 : rows_->versions[index_]; }
    bool exists() const noexcept { return version() != 0; }
    float score() const noexcept { return rows_->scores == nullptr ? 0.0F : rows_->scores[index_]; }
    std::string_view payload() const noexcept {
        return rows_->payloads == nullptr ? std::string_view() : view(rows_->payloads[index_]);
    }
    // The float32 vector of a field; empty where the point has none or the field has another element.
    std::span<const float> vector(std::string_view field = {}) const noexcept {
        for (const vz_vector_column& column : Items<vz_vector_column>(rows_->vectors, rows_->vector_count)) {
            if (view(column.name) != field || column.element != VZ_F32 || column.rows[index_] == nullptr) continue;
            return {static_cast<const float*>(column.rows[index_]), column.dim};
        }
        return {};
    }

 private:
    const vz_rows* rows_;
    uint64_t index_;
};

// The rows of one query; to be used as long as its Result lives.
class Rows {
 public:
    class Iterator {
     public:
        using value_type = Row;
        using difference_type = std::ptrdiff_t;
        Iterator() noexcept = default;
        Iterator(const vz_rows* rows, uint64_t index) noexcept : rows_(rows), index_(index) {}
        Row operator*() const noexcept { return {*rows_, index_}; }
        Iterator& operator++() noexcept { return ++index_, *this; }
        Iterator operator++(int) noexcept { return Iterator(rows_, index_++); }
        bool operator==(const Iterator& other) const noexcept { return index_ == other.index_; }

     private:
        const vz_rows* rows_ = nullptr;
        uint64_t index_ = 0;
    };

    explicit Rows(const vz_rows& raw) noexcept : raw_(raw) {}
    uint64_t size() const noexcept { return raw_.count; }
    bool empty() const noexcept { return raw_.count == 0; }
    Row operator[](uint64_t index) const& noexcept { return {raw_, index}; }
    Row operator[](uint64_t index) const&& = delete;  // a row borrows its Rows
    Iterator begin() const noexcept { return {&raw_, 0}; }
    Iterator end() const noexcept { return {&raw_, raw_.count}; }
    // Of a scan: where the next page begins; absent after the last one.
    std::string_view cursor() const noexcept { return view(raw_.cursor); }
    // Of a search by vectors: VZ_PLAN_GRAPH, ..., and the effort of its graphs.
    uint32_t plan() const noexcept { return raw_.plan; }
    uint32_t effort() const noexcept { return raw_.effort; }
    const vz_rows& raw() const noexcept { return raw_; }

 private:
    vz_rows raw_;
};

// Owns a vz_result. Copy out, check(), answer, let go: it pins files.
class Result {
 public:
    explicit Result(vz_result* handle = nullptr) noexcept : handle_(handle) {}

    // No rows where there is no such query.
    Rows rows(uint64_t query = 0) const noexcept {
        auto raw = make<vz_rows>();
        if (vz_result_rows(handle_.get(), query, &raw, nullptr) != VZ_OK) raw = make<vz_rows>();
        return Rows(raw);
    }
    Expected<vz_profile> profile(uint64_t query = 0) const {
        auto profile = make<vz_profile>();
        vz_error error = {};
        if (vz_result_profile(handle_.get(), query, &profile, &error) != VZ_OK) return Error(error);
        return profile;
    }
    Items<vz_collection_info> collections() const noexcept { return items<vz_collection_info>(VZ_RESULT_COLLECTIONS); }
    Items<vz_persistence> persistence() const noexcept { return items<vz_persistence>(VZ_RESULT_PERSISTENCE); }
    Items<vz_value> values() const noexcept { return items<vz_value>(VZ_RESULT_VALUES); }
    Items<vz_snapshot_info> snapshots() const noexcept { return items<vz_snapshot_info>(VZ_RESULT_SNAPSHOTS); }
    Items<vz_finding> findings() const noexcept { return items<vz_finding>(VZ_RESULT_FINDINGS); }
    // After the last byte was copied out and before the answer leaves.
    Expected<void> check() const noexcept {
        vz_error error = {};
        if (vz_result_check(handle_.get(), &error) != VZ_OK) return Error(error);
        return {};
    }
    vz_result* raw() const noexcept { return handle_.get(); }

 private:
    template <class T>
    Items<T> items(uint32_t kind) const noexcept {
        uint64_t count = 0;
        const void* first = vz_result_items(handle_.get(), kind, &count);
        return {static_cast<const T*>(first), count};
    }

    struct Release {
        void operator()(vz_result* result) const noexcept { vz_result_release(result); }
    };
    std::unique_ptr<vz_result, Release> handle_;
};

// An engine that somebody else closes: a frontend's is vz_host.engine.
class EngineView {
 public:
    explicit EngineView(vz_engine* handle) noexcept : handle_(handle) {}
    vz_engine* raw() const noexcept { return handle_; }

    Expected<void> create(std::string_view collection, const vz_schema& schema, vz_change* change = nullptr) const {
        return run(
            [&](vz_error* error) { return vz_collection_create(handle_, str(collection), &schema, change, error); });
    }
    // One vector field, the default one.
    Expected<void> create(std::string_view collection, uint32_t dim, vz_metric metric) const {
        auto field = make<vz_vector_field>();
        field.dim = dim;
        field.metric = metric;
        auto schema = make<vz_schema>();
        schema.vector_fields = &field;
        schema.vector_field_count = 1;
        return create(collection, schema);
    }
    Expected<void> drop(std::string_view collection, vz_change* change = nullptr) const {
        return run([&](vz_error* error) { return vz_collection_drop(handle_, str(collection), change, error); });
    }
    Expected<void> rename(std::string_view collection, const vz_rename_request& request,
                          vz_change* change = nullptr) const {
        return run(
            [&](vz_error* error) { return vz_collection_rename(handle_, str(collection), &request, change, error); });
    }
    Expected<void> alter(std::string_view collection, const vz_alter_request& request,
                         vz_change* change = nullptr) const {
        return run(
            [&](vz_error* error) { return vz_collection_alter(handle_, str(collection), &request, change, error); });
    }
    Expected<void> apply_aliases(std::span<const vz_alias_change> changes, vz_change* change = nullptr) const {
        auto request = make<vz_alias_request>();
        request.changes = changes.data();
        request.change_count = static_cast<uint32_t>(changes.size());
        return run([&](vz_error* error) { return vz_alias_apply(handle_, &request, change, error); });
    }
    Expected<Result> describe(std::string_view collection) const {
        return read([&](vz_result** out, vz_error* error) {
            return vz_collection_describe(handle_, str(collection), out, error);
        });
    }
    Expected<Result> list() const {
        return read([&](vz_result** out, vz_error* error) { return vz_collection_list(handle_, out, error); });
    }
    Expected<vz_collection_stats> stats(std::string_view collection) const {
        return fill<vz_collection_stats>(
            [&](auto* out, vz_error* error) { return vz_collection_stats_read(handle_, str(collection), out, error); });
    }
    Expected<vz_engine_stats> stats() const {
        return fill<vz_engine_stats>(
            [&](auto* out, vz_error* error) { return vz_engine_stats_read(handle_, out, error); });
    }
    Expected<Result> persistence(std::string_view collection = {}) const {
        return read([&](vz_result** out, vz_error* error) {
            return vz_persistence_read(handle_, str(collection), out, error);
        });
    }
    Expected<void> component_counts(std::string_view collection, std::string_view field,
                                    std::span<uint64_t> counts) const {
        return run([&](vz_error* error) {
            return vz_component_counts(handle_, str(collection), str(field), counts.data(),
                                       static_cast<uint32_t>(counts.size()), error);
        });
    }
    Expected<void> put_values(std::span<const vz_value> values, vz_change* change = nullptr) const {
        auto request = make<vz_value_request>();
        request.values = values.data();
        request.value_count = static_cast<uint32_t>(values.size());
        return run([&](vz_error* error) { return vz_value_put(handle_, &request, change, error); });
    }
    Expected<Result> list_values(std::string_view prefix) const {
        return read([&](vz_result** out, vz_error* error) { return vz_value_list(handle_, str(prefix), out, error); });
    }

    // Per-item places are the caller's own: fill them into an answer and use the C function.
    Expected<vz_write_answer> write(std::string_view collection, const vz_write_request& request) const {
        return fill<vz_write_answer>(
            [&](auto* out, vz_error* error) { return vz_write(handle_, str(collection), &request, out, error); });
    }
    // ids.size() packed vectors of the default field, which may be none; payloads: none, or as many as ids.
    Expected<vz_write_answer> upsert(std::string_view collection, std::span<const vz_str> ids,
                                     std::span<const float> vectors, std::span<const vz_str> payloads = {}) const {
        if (ids.empty() ? !vectors.empty() : vectors.size() % ids.size() != 0)
            return Error(VZ_INVALID_ARGUMENT, "vectors", "is no whole number of vectors per id");
        if (!payloads.empty() && payloads.size() != ids.size())
            return Error(VZ_INVALID_ARGUMENT, "payloads", "are not as many as ids");
        auto request = make<vz_write_request>();
        request.kind = VZ_UPSERT;
        request.count = ids.size();
        request.ids = ids.data();
        request.vectors = matrix(vectors, ids.size());
        request.payloads = payloads.empty() ? nullptr : payloads.data();
        return write(collection, request);
    }
    Expected<vz_write_answer> erase(std::string_view collection, std::span<const vz_str> ids) const {
        auto request = make<vz_write_request>();
        request.kind = VZ_DELETE;
        request.count = ids.size();
        request.ids = ids.data();
        return write(collection, request);
    }
    Expected<Result> search(std::string_view collection, const vz_search_request& request) const {
        return read([&](vz_result** out, vz_error* error) {
            return vz_search(handle_, str(collection), &request, out, error);
        });
    }
    Expected<Result> search(std::string_view collection, std::span<const float> query, uint32_t k,
                            const vz_parts* parts = nullptr) const {
        auto request = make<vz_search_request>();
        request.queries = matrix(query);
        request.k = k;
        request.parts = parts;
        return search(collection, request);
    }
    Expected<Result> get(std::string_view collection, std::span<const vz_str> ids,
                         const vz_parts* parts = nullptr) const {
        auto request = make<vz_get_request>();
        request.count = ids.size();
        request.ids = ids.data();
        request.parts = parts;
        return read(
            [&](vz_result** out, vz_error* error) { return vz_get(handle_, str(collection), &request, out, error); });
    }
    Expected<Result> scan(std::string_view collection, const vz_scan_request& request) const {
        return read(
            [&](vz_result** out, vz_error* error) { return vz_scan(handle_, str(collection), &request, out, error); });
    }
    Expected<uint64_t> count(std::string_view collection, std::string_view filter = {}) const {
        auto request = make<vz_count_request>();
        request.filter = str(filter);
        uint64_t count = 0;
        vz_error error = {};
        if (vz_count(handle_, str(collection), &request, &count, &error) != VZ_OK) return Error(error);
        return count;
    }
    // The LSN up to which everything is in sealed files.
    Expected<uint64_t> checkpoint(std::string_view collection = {}) const {
        uint64_t lsn = 0;
        vz_error error = {};
        if (vz_checkpoint(handle_, str(collection), &lsn, &error) != VZ_OK) return Error(error);
        return lsn;
    }
    // Damage is in the findings(). No collection: all.
    Expected<Result> verify(std::string_view collection = {}, uint32_t flags = 0) const {
        auto request = make<vz_verify_request>();
        request.flags = flags;
        return read([&](vz_result** out, vz_error* error) {
            return vz_verify(handle_, str(collection), &request, out, error);
        });
    }
    // No collections: all.
    Expected<Result> snapshot(std::string_view name, std::span<const vz_str> collections = {}) const {
        auto request = make<vz_snapshot_request>();
        request.name = str(name);
        request.collections = collections.data();
        request.collection_count = static_cast<uint32_t>(collections.size());
        return read(
            [&](vz_result** out, vz_error* error) { return vz_snapshot_create(handle_, &request, out, error); });
    }
    Expected<Result> list_snapshots() const {
        return read([&](vz_result** out, vz_error* error) { return vz_snapshot_list(handle_, out, error); });
    }
    Expected<void> drop_snapshot(std::string_view name, vz_change* change = nullptr) const {
        return run([&](vz_error* error) { return vz_snapshot_drop(handle_, str(name), change, error); });
    }
    Expected<void> export_archive(const vz_archive_request& request) const {
        return run([&](vz_error* error) { return vz_archive_export(handle_, &request, error); });
    }
    Expected<void> restore(const vz_restore_request& request, vz_change* change = nullptr) const {
        return run([&](vz_error* error) { return vz_restore(handle_, &request, change, error); });
    }
    // Calls visit(const vz_sample&) with each counter, gauge and histogram; it must not throw.
    template <std::invocable<const vz_sample&> Visit>
    Expected<void> samples(Visit visit) const {
        const vz_sample_fn call = [](void* user, const vz_sample* sample) noexcept {
            (*static_cast<Visit*>(user))(*sample);
        };
        return run([&](vz_error* error) { return vz_engine_samples(handle_, call, &visit, error); });
    }
    // VZ_OK, or nothing was taken. The operations are the engine's until their `done` is entered.
    vz_status submit(std::span<vz_op* const> ops) const noexcept {
        return vz_submit(handle_, ops.data(), static_cast<uint32_t>(ops.size()));
    }
    vz_status submit(vz_op& op) const noexcept {
        vz_op* const one = &op;
        return vz_submit(handle_, &one, 1);
    }
    vz_status cancel(vz_op& op) const noexcept { return vz_cancel(handle_, &op); }

 protected:
    template <class Call>
    static Expected<void> run(Call call) {
        vz_error error = {};
        if (call(&error) != VZ_OK) return Error(error);
        return {};
    }
    template <class Call>
    static Expected<Result> read(Call call) {
        vz_result* out = nullptr;
        vz_error error = {};
        if (call(&out, &error) != VZ_OK) return Error(error);
        return Result(out);
    }
    template <class T, class Call>
    static Expected<T> fill(Call call) {
        auto out = make<T>();
        vz_error error = {};
        if (call(&out, &error) != VZ_OK) return Error(error);
        return out;
    }

    vz_engine* handle_;
};

// Owns an engine: closed when it goes out of scope, after every Result of it.
class Engine : public EngineView {
 public:
    static Expected<Engine> open(std::string_view directory, const vz_engine_options* options = nullptr) {
        vz_engine* handle = nullptr;
        vz_error error = {};
        if (vz_engine_open(str(directory), options, &handle, &error) != VZ_OK) return Error(error);
        return Engine(handle);
    }
    // One of the offline tools; no engine is open on the directory. What it found is in the findings().
    static Expected<Result> run_tool(std::string_view directory, const vz_directory_request& request) {
        return read(
            [&](vz_result** out, vz_error* error) { return vz_directory_run(str(directory), &request, out, error); });
    }
    Engine(Engine&& other) noexcept : EngineView(std::exchange(other.handle_, nullptr)) {}
    Engine& operator=(Engine&& other) noexcept {
        const Engine closed(std::exchange(handle_, std::exchange(other.handle_, nullptr)));
        return *this;
    }
    Engine(const Engine&) = delete;
    Engine& operator=(const Engine&) = delete;
    ~Engine() { static_cast<void>(vz_engine_close(handle_, nullptr)); }
    // Says what the destructor cannot: VZ_BUSY while results are held, and it stays open; a failure of the disk, and it
    // is closed all the same.
    Expected<void> close() noexcept {
        vz_error error = {};
        const vz_status status = vz_engine_close(handle_, &error);
        if (status != VZ_BUSY && status != VZ_MISUSE) handle_ = nullptr;
        if (status != VZ_OK) return Error(error);
        return {};
    }

 private:
    explicit Engine(vz_engine* handle) noexcept : EngineView(handle) {}
};

// ---- frontends ----

// What the host offers an instance; the five services of 1.0 are always there. Lives until the frontend's destructor
// has returned.
class Host {
 public:
    explicit Host(const vz_host* raw) noexcept : raw_(raw) {}
    EngineView engine() const noexcept { return EngineView(raw_->engine); }
    std::string_view instance() const noexcept { return view(raw_->instance); }
    // The table of a service, or NULL.
    template <class Table>
    const Table* service(const char* id) const noexcept {
        return static_cast<const Table*>(raw_->service(raw_, id));
    }
    void log(uint32_t level, std::string_view event, std::string_view message,
             std::span<const vz_kv> fields = {}) const noexcept {
        auto record = make<vz_log_record>();
        record.level = level;
        record.event = str(event);
        record.message = str(message);
        record.fields = fields.data();
        record.field_count = fields.size();
        service<vz_log_service>(VZ_SERVICE_LOG)->write(raw_, &record);
    }
    // A key of the configuration, or `otherwise`. In create only; a key that nobody asked for is refused by the host.
    std::string_view config(std::string_view key, std::string_view otherwise) const noexcept {
        vz_str value = {nullptr, 0};
        return service<vz_config_service>(VZ_SERVICE_CONFIG)->get(raw_, str(key), &value) != 0 ? view(value)
                                                                                               : otherwise;
    }
    // The error for a bad value, with its file and line.
    Error reject(std::string_view key, std::string_view reason) const noexcept {
        vz_error error = {};
        service<vz_config_service>(VZ_SERVICE_CONFIG)->reject(raw_, str(key), str(reason), &error);
        return Error(error);
    }
    void report(uint32_t health, std::string_view reason) const noexcept {
        service<vz_health_service>(VZ_SERVICE_HEALTH)->report(raw_, health, str(reason));
    }
    const vz_host* raw() const noexcept { return raw_; }

 private:
    const vz_host* raw_;
};

template <class T>
concept Frontend = requires(T frontend, Host host) {
    { T::create(host) } -> std::same_as<Expected<std::unique_ptr<T>>>;
    { frontend.start() } -> std::same_as<Expected<void>>;
    { frontend.drain() } -> std::same_as<void>;
    { frontend.idle() } -> std::same_as<bool>;
    { frontend.stop() } -> std::same_as<void>;
};

// The seven functions of a descriptor over a class; with a reload() that gives Expected<void>, the extension of that
// name too. An exception of create or start becomes its error; drain, idle and stop must not throw: std::terminate ends
// the process, and what was acknowledged is on disk.
template <Frontend T>
struct FrontendFunctions {
    static vz_status create(const vz_host* host, vz_frontend** out, vz_error* error) noexcept {
        return guarded(error, [&]() -> Expected<void> {
            Expected<std::unique_ptr<T>> made = T::create(Host(host));
            if (!made) return made.error();
            *out = reinterpret_cast<vz_frontend*>((*made).release());
            return {};
        });
    }
    static vz_status start(vz_frontend* self, vz_error* error) noexcept {
        return guarded(error, [&] { return of(self).start(); });
    }
    static void drain(vz_frontend* self) noexcept { of(self).drain(); }
    static uint32_t idle(vz_frontend* self) noexcept { return of(self).idle() ? 1 : 0; }
    static void stop(vz_frontend* self) noexcept { of(self).stop(); }
    static void destroy(vz_frontend* self) noexcept { const std::unique_ptr<T> last(&of(self)); }
    static const void* extension(vz_frontend*, const char* id) noexcept {
        if constexpr (requires(T frontend) {
                          { frontend.reload() } -> std::same_as<Expected<void>>;
                      }) {
            static constexpr vz_reload_extension kReload = {[](vz_frontend* self, vz_error* error) noexcept {
                return guarded(error, [&] { return of(self).reload(); });
            }};
            if (std::string_view(id) == VZ_EXTENSION_RELOAD) return &kReload;
        }
        return nullptr;
    }

 private:
    static T& of(vz_frontend* self) noexcept { return *reinterpret_cast<T*>(self); }
    static vz_status fail(vz_error* to, const Error& error) noexcept {
        if (to != nullptr) *to = error.raw();
        return error.status();
    }
    template <class Body>
    static vz_status guarded(vz_error* error, Body body) noexcept {
        try {
            const Expected<void> outcome = body();
            return outcome ? VZ_OK : fail(error, outcome.error());
        } catch (const Failure& failure) {
            return fail(error, failure.error());
        } catch (const std::bad_alloc&) {
            return fail(error, Error(VZ_OUT_OF_MEMORY, "", "out of memory"));
        } catch (const std::exception& stray) {
            return fail(error, Error(VZ_INTERNAL, "", stray.what()));
        } catch (...) {
            return fail(error, Error(VZ_INTERNAL, "", "an exception of an unknown type"));
        }
    }
};

}  // namespace abi1
}  // namespace vz

// The one export of a plugin whose frontend is the class T. Once per library, outside of any namespace.
#define VZ_FRONTEND(T, id, name, version)                                                                 \
    extern "C" __attribute__((visibility("default"))) const vz_frontend_descriptor* vz_frontend_entry_v1( \
        uint32_t host_abi) noexcept;                                                                      \
    const vz_frontend_descriptor* vz_frontend_entry_v1(uint32_t host_abi) noexcept {                      \
        using Functions = vz::FrontendFunctions<T>;                                                       \
        static constexpr vz_frontend_descriptor descriptor = {sizeof(vz_frontend_descriptor),             \
                                                              VZ_ABI_VERSION,                             \
                                                              id,                                         \
                                                              name,                                       \
                                                              version,                                    \
                                                              Functions::create,                          \
                                                              Functions::start,                           \
                                                              Functions::drain,                           \
                                                              Functions::idle,                            \
                                                              Functions::stop,                            \
                                                              Functions::destroy,                         \
                                                              Functions::extension};                      \
        return host_abi >> 16 == VZ_ABI_VERSION >> 16 ? &descriptor : nullptr;                            \
    }
