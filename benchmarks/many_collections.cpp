// Thousands of small collections: what an orderly close and the open after it take, in time, memory and files.
//   vectorizer-many [COLLECTIONS [DIM [POINTS]]]   10,000 of 16; without POINTS: with none, then with 10
// With few dimensions all of them stay in the log, with many they are sealed at the close.
#include <sys/resource.h>
#include <unistd.h>

#include <charconv>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

#include "vectorizer/engine.h"

namespace {

constexpr unsigned kWriters = 16;

using Clock = std::chrono::steady_clock;

double ms_since(Clock::time_point begin) {
    return std::chrono::duration<double, std::milli>(Clock::now() - begin).count();
}

double cpu_ms() {
    rusage used{};
    getrusage(RUSAGE_SELF, &used);
    const auto ms = [](const timeval& time) {
        return static_cast<double>(time.tv_sec) * 1e3 + static_cast<double>(time.tv_usec) / 1e3;
    };
    return ms(used.ru_utime) + ms(used.ru_stime);
}

size_t resident_bytes() {
    std::ifstream statm("/proc/self/statm");
    size_t all = 0;
    size_t resident = 0;
    statm >> all >> resident;
    return resident * static_cast<size_t>(sysconf(_SC_PAGESIZE));
}

vz_str str(const std::string& text) { return {text.data(), text.size()}; }

void must(vz_status status, const vz_error& error) {
    if (status == VZ_OK) return;
    std::fprintf(stderr, "%s: %s\n", error.field, error.message);
    std::exit(1);
}

vz_engine* open(const std::string& directory) {
    vz_error error{};
    vz_engine* engine = nullptr;
    must(vz_engine_open(str(directory), nullptr, &engine, &error), error);
    return engine;
}

void make(vz_engine* engine, uint32_t number, uint32_t points, uint32_t dim) {
    vz_error error{};
    const std::string name = "collection-" + std::to_string(number);
    vz_vector_field field{};
    field.struct_size = sizeof field;
    field.dim = dim;
    field.metric = VZ_COSINE;
    vz_schema schema{};
    schema.struct_size = sizeof schema;
    schema.vector_fields = &field;
    schema.vector_field_count = 1;
    must(vz_collection_create(engine, str(name), &schema, nullptr, &error), error);
    if (points == 0) return;
    std::vector<std::string> texts;
    std::vector<vz_str> ids;
    std::vector<float> values;
    for (uint32_t i = 0; i < points; ++i) texts.push_back("point-" + std::to_string(i));
    for (const std::string& text : texts) ids.push_back(str(text));
    for (uint32_t i = 0; i < points * dim; ++i) values.push_back(static_cast<float>(1 + (i * 7 + number) % 13));
    vz_write_request request{};
    request.struct_size = sizeof request;
    request.kind = VZ_UPSERT;
    request.count = points;
    request.ids = ids.data();
    request.vectors = {values.data(), points, 0, dim, VZ_F32};
    must(vz_write(engine, str(name), &request, nullptr, &error), error);
}

void run(uint32_t collections, uint32_t points, uint32_t dim) {
    char pattern[] = "many-XXXXXX";
    const std::string directory = mkdtemp(pattern);
    {
        vz_engine* const engine = open(directory + "/data");
        std::vector<std::thread> writers;
        for (unsigned writer = 0; writer < kWriters; ++writer) {
            writers.emplace_back([=] {
                for (uint32_t i = writer; i < collections; i += kWriters) make(engine, i, points, dim);
            });
        }
        for (std::thread& writer : writers) writer.join();
        vz_error error{};
        const auto begin = Clock::now();
        must(vz_engine_close(engine, &error), error);
        std::printf("figure many.close collections=%u points=%u dim=%u ms=%.1f\n", collections, points, dim,
                    ms_since(begin));
    }
    const size_t before = resident_bytes();
    const double cpu = cpu_ms();
    const auto begin = Clock::now();
    vz_engine* const engine = open(directory + "/data");
    const double took = ms_since(begin);
    const double each = (static_cast<double>(resident_bytes()) - static_cast<double>(before)) / collections;
    size_t files = 0;
    for (const auto& entry : std::filesystem::directory_iterator(directory + "/data/seg"))
        files += entry.path().filename().string()[0] == 'S' ? 1 : 0;
    std::printf(
        "figure many.open collections=%u points=%u dim=%u ms=%.1f (<= %d) cpu_ms=%.1f bytes_each=%.0f%s "
        "segment_files=%zu%s\n",
        collections, points, dim, took, points == 0 ? 100 : 300, cpu_ms() - cpu, each, points == 0 ? " (<= 4096)" : "",
        files, points == 0 ? "" : " (<= 8)");
    vz_error error{};
    must(vz_engine_close(engine, &error), error);
    std::filesystem::remove_all(directory);
}

}  // namespace

int main(int count, char** arguments) {
    uint32_t numbers[] = {10'000, 16, 0};  // collections, dim, points
    for (int i = 1; i < count; ++i) {
        const std::string_view text(arguments[i]);
        uint32_t* const number = i <= 3 ? &numbers[i - 1] : nullptr;
        const uint32_t least = i == 3 ? 0 : 1;
        const auto [end, problem] = number == nullptr ? std::from_chars_result{nullptr, std::errc::invalid_argument}
                                                      : std::from_chars(text.begin(), text.end(), *number);
        if (problem == std::errc() && end == text.end() && *number >= least) continue;
        std::fprintf(stderr,
                     "vectorizer-many [COLLECTIONS [DIM [POINTS]]]   without POINTS: with none, then with 10\n");
        return text == "--help" || text == "-h" ? 0 : 2;
    }
    const auto [collections, dim, points] = numbers;
    run(collections, points, dim);
    if (count <= 3) run(collections, 10, dim);
    return 0;
}
