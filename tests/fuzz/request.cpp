// The C ABI, called with whatever the bytes say, within what a caller owes: pointers that hold what the counts
// announce, texts of their size. Every call answers with a status that it may have, a failure with its texts, and what
// the engine then holds adds up, also after a reopening.
#include <filesystem>
#include <list>
#include <memory>

#include "tests/e2e/support/temporary_directory.hpp"
#include "tests/fuzz/target.hpp"
#include "vectorizer/engine.h"

namespace vz::fuzz {
namespace {

constexpr uint32_t kItemsMax = 6;
constexpr uint32_t kInputsPerOpening = 500;
constexpr uint64_t kRowsOfACall = 65'536;

vz_str str(std::string_view text) { return {text.data(), text.size()}; }

// Values for one call: most are as a caller means them, some are anything.
class Draw {
 public:
    explicit Draw(Input& input) : input_(input) {}

    bool empty() const { return input_.empty(); }
    uint32_t below(uint32_t bound) { return input_.take<uint8_t>() % bound; }
    // One of the first values of an enumeration, seldom any number.
    uint32_t choice(uint32_t bound) {
        const uint8_t byte = input_.take<uint8_t>();
        return byte >= 0xF0 ? input_.take<uint32_t>() : byte % bound;
    }
    uint64_t number() {
        const uint8_t byte = input_.take<uint8_t>();
        return byte >= 0xF0 ? input_.take<uint64_t>() : byte % 16;
    }
    float real() { return input_.take<float>(); }
    // Null, or a text of the input; mostly short.
    vz_str text() {
        if (below(5) == 0) return {};
        return str(texts_.emplace_back(input_.text()));
    }
    vz_str id() { return below(8) == 0 ? text() : str(texts_.emplace_back(std::to_string(below(9)))); }
    vz_str payload() {
        switch (below(4)) {
            case 0: return {};
            case 1: return text();
            default:
                return str(texts_.emplace_back("{\"n\":" + std::to_string(below(5)) +
                                               ",\"t\":\"red fox\",\"x\":{\"y\":[" + std::to_string(below(3)) + "]}}"));
        }
    }
    vz_str filter() {
        switch (below(3)) {
            case 0: return {};
            case 1: return text();
            default:
                return str(
                    texts_.emplace_back(R"({"must":[{"key":"n","range":{"gte":)" + std::to_string(below(4)) + "}}]}"));
        }
    }
    vz_str collection() { return below(16) == 0 ? text() : str("c"); }
    vz_str field() { return below(3) == 0 ? text() : below(2) == 0 ? str("side") : vz_str{}; }

    // The matrix has room for its rows where its dimension is one that a field of the collection has.
    vz_matrix matrix(uint64_t rows) {
        vz_matrix made = {};
        if (below(4) == 0) return made;
        std::vector<float>& values = floats_.emplace_back(64);
        for (float& value : values) value = below(32) == 0 ? real() : static_cast<float>(below(7)) - 3;
        made.data = below(64) == 0 ? nullptr : values.data();
        made.rows = below(16) == 0 ? number() : rows;
        made.dim = below(8) == 0 ? choice(8) : 3 - below(2);
        made.stride_bytes = below(8) == 0 ? below(33) : 0;
        made.element = below(8) == 0 ? choice(6) : VZ_F32;
        // As many rows as there are values for, or more than any call takes.
        const uint64_t row_bytes = std::max<uint64_t>({made.stride_bytes, uint64_t{made.dim} * sizeof(float), 1});
        if (made.rows <= kRowsOfACall) made.rows = std::min(made.rows, values.size() * sizeof(float) / row_bytes);
        return made;
    }
    template <class T, class Make>
    const T* array(uint64_t count, Make make) {
        if (below(8) == 0) return nullptr;
        auto& bytes = blocks_.emplace_back(copy_of({}));
        bytes.resize(std::max<uint64_t>(count, 1) * sizeof(T));
        for (uint64_t i = 0; i < count; ++i) {
            const T value = make();
            std::memcpy(bytes.data() + i * sizeof(T), &value, sizeof value);
        }
        return reinterpret_cast<const T*>(bytes.data());
    }
    // The same where the count is of nothing else: without the array it is 0.
    template <class T, class Make>
    const T* list(uint32_t& count, Make make) {
        const T* const made = array<T>(count, make);
        if (made == nullptr) count = 0;
        return made;
    }
    // A growable struct of this release, of an older or of a newer one: shorter, or longer with a tail.
    template <class T>
    const T* growable(T value) {
        auto& bytes = blocks_.emplace_back(copy_of({}));
        bytes.resize(sizeof(T) + 64);
        uint32_t size = sizeof(T);
        if (below(16) == 0) size = choice(sizeof(T) + 32);
        // What is announced is there.
        if (size > bytes.size()) size = static_cast<uint32_t>(bytes.size());
        value.struct_size = size;
        std::memcpy(bytes.data(), &value, sizeof value);
        if (below(4) == 0) bytes[sizeof(T) + 8] = std::byte{1};
        return reinterpret_cast<const T*>(bytes.data());
    }
    const vz_parts* parts() {
        if (below(3) == 0) return nullptr;
        vz_parts made = {};
        made.flags = choice(8);
        made.payload_path_count = below(3);
        made.payload_paths = list<vz_str>(made.payload_path_count, [&] { return below(2) == 0 ? str("n") : text(); });
        made.vector_field_count = below(3);
        made.vector_fields = list<vz_str>(made.vector_field_count, [&] { return field(); });
        return growable(made);
    }

 private:
    Input& input_;
    std::list<std::string> texts_;
    std::list<std::vector<float>> floats_;
    std::list<std::vector<std::byte>> blocks_;
};

void check_failure(vz_status status, const vz_error& error) {
    check(status <= VZ_INTERNAL && status != VZ_INTERNAL && status != VZ_CORRUPTION && status != VZ_OUTCOME_UNKNOWN);
    if (status == VZ_OK) return;
    check(error.status == status);
    check(std::memchr(error.field, 0, sizeof error.field) != nullptr &&
          std::memchr(error.message, 0, sizeof error.message) != nullptr);
    check(error.message[0] != 0);
}

void read_whole(vz_result* result) {
    for (uint64_t query = 0; query < kItemsMax + 1; ++query) {
        vz_rows rows = {};
        rows.struct_size = sizeof rows;
        vz_error error = {};
        if (vz_result_rows(result, query, &rows, &error) != VZ_OK) continue;
        for (uint64_t i = 0; i < rows.count; ++i) {
            sum_of({rows.ids[i].data, rows.ids[i].size});
            if (rows.payloads != nullptr) sum_of({rows.payloads[i].data, rows.payloads[i].size});
            for (uint32_t column = 0; column < rows.vector_count; ++column) {
                const vz_vector_column& vectors = *VZ_AT(vz_vector_column, rows.vectors, column);
                if (vectors.rows[i] != nullptr)
                    sum_of({static_cast<const char*>(vectors.rows[i]), vectors.dim * sizeof(float)});
            }
        }
    }
    vz_error error = {};
    check(vz_result_check(result, &error) == VZ_OK);
    vz_result_release(result);
}

class Store {
 public:
    Store() { open(); }
    ~Store() {
        vz_error error = {};
        check(vz_engine_close(engine_, &error) == VZ_OK);
    }
    Store(const Store&) = delete;
    Store& operator=(const Store&) = delete;

    void begin() {
        if (++inputs_ % kInputsPerOpening == 0) reopen();
        create();
    }
    // Whatever was asked, what is there adds up.
    void end() {
        check_sums();
        vz_error error = {};
        check(vz_collection_drop(engine_, str("c"), nullptr, &error) == VZ_OK);
    }
    vz_engine* engine() { return engine_; }

 private:
    void open() {
        // Logs as small as what they get to hold: an opening reads them whole, twice.
        const vz_kv settings[] = {{str("verify"), str("never")},
                                  {str("wal_file_first_bytes"), str("262144")},
                                  {str("wal_file_bytes"), str("262144")}};
        vz_engine_options options = {};
        options.struct_size = sizeof options;
        options.settings = settings;
        options.setting_count = std::size(settings);
        vz_error error = {};
        if (vz_engine_open(str(directory_), &options, &engine_, &error) != VZ_OK) {
            std::fprintf(stderr, "%s\n", error.message);
            std::abort();
        }
    }
    void reopen() {
        create();
        vz_write_request write = {};
        write.struct_size = sizeof write;
        write.kind = VZ_UPSERT;
        write.count = 1;
        const vz_str id = str("kept");
        const float values[] = {1, 2, 3};
        write.ids = &id;
        write.vectors = {values, 1, 0, 3, VZ_F32};
        vz_error error = {};
        check(vz_write(engine_, str("c"), &write, nullptr, &error) == VZ_OK);
        const uint64_t values_before = sum_of_values();
        check(vz_engine_close(engine_, &error) == VZ_OK);
        open();
        check(check_sums() == 1);
        check(sum_of_values() == values_before);
        delete_values();
        check(vz_collection_drop(engine_, str("c"), nullptr, &error) == VZ_OK);
    }
    vz_result* list_values() {
        vz_result* result = nullptr;
        vz_error error = {};
        check(vz_value_list(engine_, {}, &result, &error) == VZ_OK);
        return result;
    }
    uint64_t sum_of_values() {
        vz_result* const result = list_values();
        uint64_t count = 0;
        const auto* const items = static_cast<const vz_value*>(vz_result_items(result, VZ_RESULT_VALUES, &count));
        uint64_t sum = count;
        for (uint64_t i = 0; i < count; ++i) {
            const vz_value& value = *VZ_AT(vz_value, items, i);
            sum = sum * 31 + sum_of({value.key.data, value.key.size});
            sum = sum * 31 + sum_of({value.value.data, value.value.size});
        }
        vz_result_release(result);
        return sum;
    }
    // Inputs leave nothing else behind: every change would carry it along.
    void delete_values() {
        vz_result* const result = list_values();
        uint64_t count = 0;
        const auto* const items = static_cast<const vz_value*>(vz_result_items(result, VZ_RESULT_VALUES, &count));
        std::vector<vz_value> gone;
        for (uint64_t i = 0; i < count; ++i)
            gone.push_back({sizeof(vz_value), 0, VZ_AT(vz_value, items, i)->key, {}, 0});
        vz_value_request request = {};
        request.struct_size = sizeof request;
        request.value_count = static_cast<uint32_t>(gone.size());
        request.values = gone.data();
        vz_error error = {};
        check(gone.empty() || vz_value_put(engine_, &request, nullptr, &error) == VZ_OK);
        vz_result_release(result);
        check(sum_of_values() == 0);
    }
    void create() {
        vz_vector_field fields[2] = {};
        for (vz_vector_field& field : fields) field.struct_size = sizeof field;
        fields[0].dim = 3;
        fields[0].metric = VZ_EUCLIDEAN;
        fields[0].flags = VZ_FIELD_COUNT_NONZERO;
        fields[1].name = str("side");
        fields[1].dim = 2;
        fields[1].metric = VZ_COSINE;
        vz_field_index indexes[2] = {};
        for (vz_field_index& index : indexes) index.struct_size = sizeof index;
        indexes[0].kind = VZ_FIELD_INDEX_INTEGER;
        indexes[0].path = str("n");
        indexes[1].kind = VZ_FIELD_INDEX_TEXT;
        indexes[1].path = str("t");
        vz_schema schema = {};
        schema.struct_size = sizeof schema;
        schema.vector_fields = fields;
        schema.vector_field_count = 2;
        schema.field_indexes = indexes;
        schema.field_index_count = 2;
        vz_error error = {};
        check(vz_collection_create(engine_, str("c"), &schema, nullptr, &error) == VZ_OK);
    }
    uint64_t check_sums() {
        vz_error error = {};
        uint64_t counted = 0;
        vz_count_request count = {};
        count.struct_size = sizeof count;
        check(vz_count(engine_, str("c"), &count, &counted, &error) == VZ_OK);
        vz_scan_request scan = {};
        scan.struct_size = sizeof scan;
        scan.limit = 1000;
        vz_result* result = nullptr;
        check(vz_scan(engine_, str("c"), &scan, &result, &error) == VZ_OK);
        vz_rows rows = {};
        rows.struct_size = sizeof rows;
        check(vz_result_rows(result, 0, &rows, &error) == VZ_OK);
        check(rows.count == counted);
        vz_get_request get = {};
        get.struct_size = sizeof get;
        get.ids = rows.ids;
        get.count = rows.count;
        vz_result* again = nullptr;
        check(vz_get(engine_, str("c"), &get, &again, &error) == VZ_OK);
        vz_rows got = {};
        got.struct_size = sizeof got;
        check(vz_result_rows(again, 0, &got, &error) == VZ_OK);
        for (uint64_t i = 0; i < counted; ++i) check(got.versions[i] == rows.versions[i]);
        vz_result_release(again);
        vz_result_release(result);
        return counted;
    }

    // Where nothing waits for a disk.
    struct InMemory {
        InMemory() {
            if (std::filesystem::is_directory("/dev/shm")) setenv("VZ_TEST_DIRECTORY", "/dev/shm", 0);
        }
    };

    const InMemory in_memory_;
    const e2e::TemporaryDirectory kept_;
    const std::string directory_ = kept_.path() + "/data";
    vz_engine* engine_ = nullptr;
    uint64_t inputs_ = 0;
};

vz_write_request a_write(Draw& draw) {
    vz_write_request write = {};
    write.kind = draw.below(4) == 0 ? draw.choice(6) : VZ_UPSERT;
    write.flags = draw.choice(2);
    write.condition = draw.below(4) == 0 ? draw.choice(5) : VZ_IF_ALWAYS;
    write.count = draw.below(kItemsMax + 1);
    write.ids = draw.array<vz_str>(write.count, [&] { return draw.id(); });
    write.vectors = draw.matrix(write.count);
    if (draw.below(4) == 0) {
        write.field_count = draw.below(3);
        // One stride for all of them, as the first one says.
        write.fields = draw.list<vz_vectors>(write.field_count, [&] {
            const uint64_t present = draw.number();
            vz_vectors vectors = {};
            vectors.struct_size = sizeof vectors;
            vectors.kind = draw.choice(2);
            vectors.name = draw.field();
            vectors.matrix = draw.matrix(write.count);
            vectors.present = draw.below(2) == 0 ? nullptr : draw.array<uint64_t>(1, [&] { return present; });
            return vectors;
        });
    }
    if (draw.below(2) == 0) write.payloads = draw.array<vz_str>(write.count, [&] { return draw.payload(); });
    if (draw.below(4) == 0) write.versions = draw.array<uint64_t>(write.count, [&] { return draw.number(); });
    if (draw.below(4) == 0)
        write.expires_ms =
            draw.array<int64_t>(write.count, [&] { return static_cast<int64_t>(draw.number() * 1'000'000'000'000); });
    if (write.ids == nullptr || draw.below(8) == 0) write.filter = draw.filter();
    if (write.ids == nullptr && draw.below(2) == 0) write.count = 0;
    write.payload_mode = draw.choice(3);
    if (draw.below(8) == 0) write.request_id.bytes[0] = static_cast<uint8_t>(1 + draw.below(3));
    if (draw.below(16) == 0) write.deadline_ns = static_cast<int64_t>(draw.number());
    return write;
}

vz_status write(Draw& draw, vz_engine* engine, vz_error* error) {
    const vz_write_request* chain = nullptr;
    for (uint32_t links = 1 + draw.below(8) / 6; links > 0; --links) {
        vz_write_request link = a_write(draw);
        link.next = chain;
        chain = draw.growable(link);
        // A struct that is too short for its members cannot say what follows.
        if (chain->struct_size < sizeof link) break;
    }
    std::vector<vz_status> statuses(3 * kItemsMax, VZ_INTERNAL + 1);
    std::vector<vz_error> errors(draw.below(4));
    vz_write_answer answer = {};
    answer.struct_size = sizeof answer;
    answer.statuses = draw.below(2) == 0 ? nullptr : statuses.data();
    answer.errors = errors.empty() ? nullptr : errors.data();
    answer.error_capacity = errors.size();
    return vz_write(engine, draw.collection(), chain, draw.below(4) == 0 ? nullptr : &answer, error);
}

template <class Request>
vz_status read(Draw& draw, vz_engine* engine,
               vz_status (*function)(vz_engine*, vz_str, const Request*, vz_result**, vz_error*) noexcept,
               const Request& request, vz_error* error) {
    vz_result* result = nullptr;
    const vz_status status = function(engine, draw.collection(), draw.growable(request), &result, error);
    if (status == VZ_OK) read_whole(result);
    return status;
}

vz_status search(Draw& draw, vz_engine* engine, vz_error* error) {
    vz_search_request request = {};
    request.flags = draw.choice(8);
    request.queries = draw.matrix(1 + draw.below(3));
    request.field = draw.field();
    request.filter = draw.filter();
    request.parts = draw.parts();
    request.k = static_cast<uint32_t>(draw.number());
    request.skip = draw.below(4) == 0 ? draw.choice(5) : 0;
    request.effort = draw.below(4) == 0 ? draw.choice(20) : 0;
    request.rerank = draw.below(4) == 0 ? draw.choice(20) : 0;
    if (draw.below(4) == 0) request.recall_target = draw.real();
    if (draw.below(4) == 0) request.score_limit = draw.real();
    if (draw.below(3) == 0) {
        vz_text_query text = {};
        text.fusion = draw.choice(3);
        text.path = draw.below(2) == 0 ? str("t") : draw.text();
        const uint64_t rows = request.queries.rows;
        text.texts = rows > 8 ? nullptr
                              : draw.array<vz_str>(rows, [&] { return draw.below(2) == 0 ? str("fox") : draw.text(); });
        if (text.texts != nullptr && draw.below(2) == 0) request.queries = {nullptr, rows, 0, 0, VZ_F32};
        text.alpha = draw.below(2) == 0 ? 0.5F : draw.real();
        text.dense_k = draw.choice(4);
        text.text_k = draw.choice(4);
        if (text.texts != nullptr) request.text = draw.growable(text);
    }
    return read(draw, engine, vz_search, request, error);
}

vz_status scan(Draw& draw, vz_engine* engine, vz_error* error) {
    vz_scan_request request = {};
    request.flags = draw.choice(1);
    request.filter = draw.filter();
    request.cursor = draw.below(4) == 0 ? draw.text() : vz_str{};
    request.start_id = draw.below(4) == 0 ? draw.id() : vz_str{};
    request.skip = draw.below(4) == 0 ? draw.number() : 0;
    request.parts = draw.parts();
    request.limit = static_cast<uint32_t>(draw.number());
    request.order = draw.choice(1);
    return read(draw, engine, vz_scan, request, error);
}

vz_status get(Draw& draw, vz_engine* engine, vz_error* error) {
    vz_get_request request = {};
    request.flags = draw.choice(1);
    request.count = draw.below(kItemsMax);
    request.ids = draw.array<vz_str>(request.count, [&] { return draw.id(); });
    if (request.ids == nullptr) request.count = 0;
    request.parts = draw.parts();
    return read(draw, engine, vz_get, request, error);
}

vz_status count(Draw& draw, vz_engine* engine, vz_error* error) {
    vz_count_request request = {};
    request.flags = draw.choice(2);
    request.filter = draw.filter();
    uint64_t counted = 0;
    return vz_count(engine, draw.collection(), draw.growable(request), &counted, error);
}

// Never of "c" itself: what it holds is compared.
vz_status change_collections(Draw& draw, vz_engine* engine, vz_error* error) {
    vz_change change = {};
    change.struct_size = sizeof change;
    change.flags = draw.below(8) == 0 ? draw.choice(2) : 0;
    switch (draw.below(4)) {
        case 0: {
            vz_schema schema = {};
            schema.vector_field_count = draw.below(3);
            schema.vector_fields = draw.list<vz_vector_field>(schema.vector_field_count, [&] {
                vz_vector_field field = {};
                field.struct_size = sizeof field;
                field.name = draw.field();
                field.dim = static_cast<uint32_t>(draw.number());
                field.metric = draw.choice(6);
                field.element = draw.choice(5);
                field.quantization = draw.choice(4);
                field.index = draw.choice(3);
                field.degree = draw.choice(8);
                field.build_effort = draw.choice(16);
                field.search_effort = draw.choice(16);
                field.flags = draw.choice(2);
                field.kind = draw.choice(2);
                return field;
            });
            schema.field_index_count = draw.below(3);
            schema.field_indexes = draw.list<vz_field_index>(schema.field_index_count, [&] {
                return vz_field_index{sizeof(vz_field_index), draw.choice(10), draw.text(),
                                      draw.below(4) == 0 ? draw.text() : vz_str{}};
            });
            schema.metadata = draw.payload();
            schema.ttl_ms = static_cast<int64_t>(draw.number());
            const vz_status made = vz_collection_create(engine, str("d"), draw.growable(schema), &change, error);
            if (made != VZ_OK) return made;
            change.flags = 0;
            return vz_collection_drop(engine, str("d"), &change, error);
        }
        case 1: {
            vz_alias_request request = {};
            request.change_count = draw.below(3);
            request.changes = draw.list<vz_alias_change>(request.change_count, [&] {
                return vz_alias_change{draw.text(), draw.below(2) == 0 ? vz_str{} : str("c")};
            });
            return vz_alias_apply(engine, draw.growable(request), &change, error);
        }
        case 2: {
            vz_value_request request = {};
            request.value_count = draw.below(3);
            request.values = draw.list<vz_value>(request.value_count, [&] {
                return vz_value{sizeof(vz_value), 0, draw.text(), draw.text(), 0};
            });
            return vz_value_put(engine, draw.growable(request), &change, error);
        }
        default: {
            uint64_t counts[8] = {};
            return vz_component_counts(engine, draw.collection(), draw.field(), counts, draw.below(9), error);
        }
    }
}

}  // namespace
}  // namespace vz::fuzz

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
    using namespace vz::fuzz;
    static Store store;
    store.begin();
    Input input(data, size);
    for (int calls = 0; calls < 12 && !input.empty(); ++calls) {
        Draw draw(input);
        vz_error error = {};
        vz_status status = VZ_OK;
        switch (draw.below(8)) {
            case 0: status = search(draw, store.engine(), &error); break;
            case 1: status = scan(draw, store.engine(), &error); break;
            case 2: status = get(draw, store.engine(), &error); break;
            case 3: status = count(draw, store.engine(), &error); break;
            case 4: status = change_collections(draw, store.engine(), &error); break;
            default: status = write(draw, store.engine(), &error);
        }
        check_failure(status, error);
    }
    store.end();
    return 0;
}
