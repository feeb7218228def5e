// Memory that runs out: for every call of a session, and every n, the n-th allocation within the call fails. The call
// says so and has done nothing, or has done all of it, and the engine goes on; or the log has the change and could not
// tell it: then the outcome is unknown, and nothing more is written before a reopening. What was told done is there
// then.
#include <unistd.h>

#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <functional>
#include <iterator>
#include <new>
#include <set>
#include <string>
#include <vector>

#include "vectorizer/engine.h"

namespace {

// Of this thread: what is left until one fails; negative: none does.
thread_local long allocations_left = -1;
const char* running = "";
long failing = -1;  // which allocation of the next call fails; negative: none
bool has_failed = false;
long unknown = 0;

bool fails() {
    if (allocations_left < 0) return false;
    return allocations_left-- == 0;
}

// One call of the ABI, in which allocations may fail.
template <class Function>
vz_status call(Function function) {
    allocations_left = failing;
    const vz_status status = function();
    has_failed = failing >= 0 && allocations_left < 0;
    allocations_left = -1;
    return status;
}

// The same of one that gives out a result.
template <class Function>
vz_status call_for_result(Function function) {
    vz_result* result = nullptr;
    const vz_status status = call([&] { return function(&result); });
    vz_result_release(result);
    return status;
}

[[noreturn]] void fail(const char* what, vz_status status) {
    allocations_left = -1;
    std::printf("GATE abi.no_memory FAIL call=%s: %s (%s)\n", running, what, vz_status_name(status));
    std::fflush(stdout);
    std::_Exit(1);
}

}  // namespace

// The library's allocations come here too: the program's operators are everybody's.
void* operator new(size_t bytes) {
    if (fails()) throw std::bad_alloc();
    if (void* const memory = std::malloc(bytes == 0 ? 1 : bytes)) return memory;
    throw std::bad_alloc();
}
void* operator new(size_t bytes, std::align_val_t align) {
    if (fails()) throw std::bad_alloc();
    const auto alignment = static_cast<size_t>(align);
    if (void* const memory = std::aligned_alloc(alignment, (bytes + alignment - 1) / alignment * alignment))
        return memory;
    throw std::bad_alloc();
}
void* operator new(size_t bytes, const std::nothrow_t& /*tag*/) noexcept {
    return fails() ? nullptr : std::malloc(bytes == 0 ? 1 : bytes);
}
void operator delete(void* memory) noexcept { std::free(memory); }
void operator delete(void* memory, size_t /*bytes*/) noexcept { std::free(memory); }
void operator delete(void* memory, std::align_val_t /*align*/) noexcept { std::free(memory); }
void operator delete(void* memory, size_t /*bytes*/, std::align_val_t /*align*/) noexcept { std::free(memory); }

namespace {

constexpr uint32_t kDim = 8;

vz_str str(const std::string& text) { return {text.data(), text.size()}; }

class Session {
 public:
    explicit Session(std::string directory) : directory_(std::move(directory)) {}

    vz_engine* engine = nullptr;
    std::set<std::string> ids;  // of "c"

    vz_status open(vz_error* error) { return vz_engine_open(str(directory_), nullptr, &engine, error); }

    vz_status write(uint32_t kind, const std::string& id, vz_error* error) {
        const vz_str name = str(id);
        const std::vector<float> values(kDim, 1.5F);
        const std::string text = R"({"n":3,"t":"red fox"})";
        const vz_str payload = str(text);
        vz_write_request request = {};
        request.struct_size = sizeof request;
        request.kind = kind;
        request.count = 1;
        request.ids = &name;
        if (kind == VZ_UPSERT) {
            request.vectors = {values.data(), 1, 0, kDim, VZ_F32};
            request.payloads = &payload;
        }
        return call([&] { return vz_write(engine, {"c", 1}, &request, nullptr, error); });
    }

    vz_status create(const char* name, vz_error* error) {
        vz_vector_field field = {};
        field.struct_size = sizeof field;
        field.dim = kDim;
        field.metric = VZ_COSINE;
        vz_field_index index = {sizeof(vz_field_index), VZ_FIELD_INDEX_INTEGER, {"n", 1}, {nullptr, 0}};
        vz_schema schema = {};
        schema.struct_size = sizeof schema;
        schema.vector_fields = &field;
        schema.vector_field_count = 1;
        schema.field_indexes = &index;
        schema.field_index_count = 1;
        return call([&] { return vz_collection_create(engine, {name, 1}, &schema, nullptr, error); });
    }

    // All that "c" holds, read without a failing allocation.
    std::set<std::string> read() const {
        vz_scan_request scan = {};
        scan.struct_size = sizeof scan;
        scan.limit = 1000;
        vz_result* result = nullptr;
        vz_error error = {};
        if (const vz_status status = vz_scan(engine, {"c", 1}, &scan, &result, &error); status != VZ_OK)
            fail(error.message, status);
        vz_rows rows = {};
        rows.struct_size = sizeof rows;
        vz_result_rows(result, 0, &rows, &error);
        std::set<std::string> found;
        for (uint64_t i = 0; i < rows.count; ++i) found.emplace(rows.ids[i].data, rows.ids[i].size);
        vz_result_release(result);
        return found;
    }

 private:
    std::string directory_;
};

struct Call {
    const char* name;
    std::function<vz_status(Session&, vz_error*)> run;
    std::function<void(Session&)> done;  // what is so once it has told VZ_OK
};

vz_status read_search(Session& session, uint32_t flags, vz_error* error) {
    const std::vector<float> values(kDim, 1);
    vz_parts parts = {};
    parts.struct_size = sizeof parts;
    parts.flags = VZ_PARTS_PAYLOAD | VZ_PARTS_VECTORS;
    vz_search_request search = {};
    search.struct_size = sizeof search;
    search.flags = flags;
    search.queries = {values.data(), 1, 0, kDim, VZ_F32};
    search.k = 5;
    search.parts = &parts;
    search.filter = {R"({"must":[{"key":"n","match":{"value":3}}]})", 42};
    return call_for_result([&](vz_result** result) {
        return vz_search(session.engine, {"c", 1}, &search, result, error);
    });
}

vz_status read_one(Session& session, vz_error* error) {
    const vz_str ids[] = {{"base-1", 6}, {"none", 4}};
    vz_get_request get = {};
    get.struct_size = sizeof get;
    get.count = 2;
    get.ids = ids;
    return call_for_result([&](vz_result** result) { return vz_get(session.engine, {"c", 1}, &get, result, error); });
}

std::vector<Call> session_calls() {
    const auto nothing = [](Session&) {};
    return {
        {"write.upsert", [](Session& s, vz_error* e) { return s.write(VZ_UPSERT, "w", e); },
         [](Session& s) { s.ids.insert("w"); }},
        {"write.replace", [](Session& s, vz_error* e) { return s.write(VZ_UPSERT, "base-1", e); }, nothing},
        {"write.delete", [](Session& s, vz_error* e) { return s.write(VZ_DELETE, "base-2", e); },
         [](Session& s) { s.ids.erase("base-2"); }},
        {"get", read_one, nothing},
        {"search", [](Session& s, vz_error* e) { return read_search(s, 0, e); }, nothing},
        {"search.explain",
         [](Session& s, vz_error* e) { return read_search(s, VZ_SEARCH_EXPLAIN | VZ_SEARCH_EXACT, e); }, nothing},
        {"count",
         [](Session& s, vz_error* e) {
             uint64_t counted = 0;
             vz_count_request count = {};
             count.struct_size = sizeof count;
             return call([&] { return vz_count(s.engine, {"c", 1}, &count, &counted, e); });
         },
         nothing},
        {"collection.create", [](Session& s, vz_error* e) { return s.create("d", e); }, nothing},
        {"collection.list",
         [](Session& s, vz_error* e) {
             return call_for_result([&](vz_result** result) { return vz_collection_list(s.engine, result, e); });
         },
         nothing},
        {"value.put",
         [](Session& s, vz_error* e) {
             const vz_value value = {sizeof(vz_value), 0, {"key", 3}, {"value", 5}, 0};
             vz_value_request request = {sizeof(vz_value_request), 1, &value};
             return call([&] { return vz_value_put(s.engine, &request, nullptr, e); });
         },
         nothing},
        {"checkpoint",
         [](Session& s, vz_error* e) { return call([&] {
                                           return vz_checkpoint(s.engine, {"c", 1}, nullptr, e);
                                       }); },
         nothing},
        {"persistence",
         [](Session& s, vz_error* e) {
             return call_for_result([&](vz_result** result) {
                 return vz_persistence_read(s.engine, {nullptr, 0}, result, e);
             });
         },
         nothing},
        {"collection.drop",
         [](Session& s, vz_error* e) {
             return call([&] { return vz_collection_drop(s.engine, {"d", 1}, nullptr, e); });
         },
         nothing},
    };
}

void must(vz_status status) {
    if (status != VZ_OK) fail("what was prepared for it failed", status);
}

size_t open_descriptors() {
    return static_cast<size_t>(std::distance(std::filesystem::directory_iterator("/proc/self/fd"), {}));
}

// A store with some points, in which the n-th allocation of the call fails. Whether there was one.
bool play(const std::string& directory, const Call& tried, long n) {
    running = tried.name;
    failing = -1;
    std::filesystem::remove_all(directory);
    const size_t descriptors = open_descriptors();
    Session session(directory);
    vz_error error = {};
    must(session.open(&error));
    must(session.create("c", &error));
    if (tried.name == std::string("collection.drop")) must(session.create("d", &error));
    for (int i = 0; i < 4; ++i) {
        const std::string id = "base-" + std::to_string(i);
        must(session.write(VZ_UPSERT, id, &error));
        session.ids.insert(id);
        if (i == 1) must(vz_checkpoint(session.engine, str("c"), nullptr, &error));
    }

    error = {};
    failing = n;
    const vz_status status = tried.run(session, &error);
    const bool has_more = has_failed;
    failing = -1;
    if (status != VZ_OK && status != VZ_OUT_OF_MEMORY && status != VZ_OUTCOME_UNKNOWN) fail(error.message, status);
    if (status != VZ_OK && (error.status != status || error.message[0] == 0)) fail("the failure has no text", status);
    Session done = session;
    tried.done(done);
    if (status == VZ_OK) session = done;
    if (status != VZ_OUTCOME_UNKNOWN && session.read() != session.ids) fail("it is half done", status);

    // Nothing of it is left behind: with memory it goes as it would have gone.
    if (status == VZ_OUT_OF_MEMORY) {
        must(tried.run(session, &error));
        session = done;
        if (session.read() != session.ids) fail("it is half done when repeated", status);
    }

    const vz_status later = session.write(VZ_UPSERT, "later", &error);
    if (later != (status == VZ_OUTCOME_UNKNOWN ? VZ_READ_ONLY : VZ_OK)) fail("the next write is told otherwise", later);
    if (later == VZ_OK) session.ids.insert("later");
    must(vz_engine_close(session.engine, &error));
    must(session.open(&error));
    const std::set<std::string> found = session.read();
    if (found != session.ids && !(status == VZ_OUTCOME_UNKNOWN && found == done.ids))
        fail("it is another after a reopening", status);
    unknown += status == VZ_OUTCOME_UNKNOWN ? 1 : 0;
    must(vz_engine_close(session.engine, &error));
    if (open_descriptors() != descriptors) fail("it leaves files open", status);
    return has_more;
}

}  // namespace

int main() {
    char pattern[] = "/tmp/vz-no-memory-XXXXXX";
    char in_memory[] = "/dev/shm/vz-no-memory-XXXXXX";
    const char* const made = std::filesystem::is_directory("/dev/shm") ? mkdtemp(in_memory) : mkdtemp(pattern);
    if (made == nullptr) return 1;
    const std::string directory = std::string(made) + "/data";
    long failures = 0;
    size_t calls = 0;
    for (const Call& tried : session_calls()) {
        ::alarm(600);  // one that hangs is ended
        long n = 0;
        while (play(directory, tried, n)) ++n;
        std::printf("%s: %ld allocations\n", tried.name, n);
        std::fflush(stdout);
        failures += n;
        ++calls;
    }
    std::filesystem::remove_all(made);
    std::printf("GATE abi.no_memory PASS calls=%zu failed_allocations=%ld outcome_unknown=%ld\n", calls, failures,
                unknown);
    return 0;
}
