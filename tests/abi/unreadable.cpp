// What a file is that ends too early: every read answers that it is damaged, with its name, none from what is missing.
#include <gtest/gtest.h>

#include <sys/stat.h>

#include <filesystem>
#include <functional>
#include <string>
#include <utility>
#include <vector>

#include "vectorizer/vectorizer.hpp"

namespace {

constexpr uint32_t kDim = 64;
constexpr uint64_t kPoints = 3000;

struct Unreadable : testing::Test {
    Unreadable() {
        char path[] = "/tmp/vz-unreadable-XXXXXX";
        directory = mkdtemp(path);
        const vz::Engine engine = open();
        auto field = vz::make<vz_vector_field>();
        field.dim = kDim;
        field.metric = VZ_EUCLIDEAN;
        field.flags = VZ_FIELD_COUNT_NONZERO;
        auto schema = vz::make<vz_schema>();
        schema.vector_fields = &field;
        schema.vector_field_count = 1;
        EXPECT_TRUE(engine.create("docs", schema));
        std::vector<std::string> names;
        for (uint64_t i = 0; i < kPoints; ++i) names.push_back(std::to_string(i));
        std::vector<vz_str> ids;
        for (const std::string& name : names) ids.push_back(vz::str(name));
        const std::vector<vz_str> payloads(kPoints, vz::str("{\"n\":1}"));
        EXPECT_TRUE(engine.upsert("docs", ids, std::vector<float>(kPoints * kDim, 1), payloads));
        EXPECT_TRUE(engine.checkpoint("docs"));
    }
    ~Unreadable() override { std::filesystem::remove_all(directory); }

    // Files are not looked at before they are asked.
    vz::Engine open() const {
        const vz_kv never = {vz::str("verify"), vz::str("never")};
        auto options = vz::make<vz_engine_options>();
        options.settings = &never;
        options.setting_count = 1;
        return vz::Engine::open(directory, &options).value();
    }

    // The one segment, cut behind its header.
    std::string cut() const {
        for (const auto& each : std::filesystem::directory_iterator(directory + "/seg")) {
            EXPECT_EQ(::chmod(each.path().c_str(), 0644), 0);
            std::filesystem::resize_file(each.path(), 4096);
            return each.path().filename();
        }
        return {};
    }

    std::string directory;
};

TEST_F(Unreadable, IsToldByEveryRead) {
    const std::string whole = directory + "-whole";
    std::filesystem::copy(directory, whole, std::filesystem::copy_options::recursive);
    const std::vector<float> near(kDim, 1);
    const vz_str id = vz::str("17");
    using Read = std::function<vz_error(const vz::Engine&)>;
    const auto error_of = [](const auto& answer) { return answer ? vz_error{} : answer.error().raw(); };
    const std::vector<std::pair<const char*, Read>> reads = {
        {"get",
         [&](const vz::Engine& engine) {
             return error_of(engine.get("docs", {&id, 1}));
         }},
        {"scan",
         [&](const vz::Engine& engine) {
             auto request = vz::make<vz_scan_request>();
             request.limit = 10;
             return error_of(engine.scan("docs", request));
         }},
        {"count",
         [&](const vz::Engine& engine) {
             return error_of(engine.count("docs", R"({"must":[{"key":"n","match":{"value":1}}]})"));
         }},
        {"search", [&](const vz::Engine& engine) { return error_of(engine.search("docs", near, 10)); }},
        {"component counts",
         [&](const vz::Engine& engine) {
             std::vector<uint64_t> counts(kDim);
             return error_of(engine.component_counts("docs", "", counts));
         }},
    };
    for (const auto& [name, read] : reads) {
        std::filesystem::remove_all(directory);
        std::filesystem::copy(whole, directory, std::filesystem::copy_options::recursive);
        const vz::Engine engine = open();
        const std::string file = cut();
        const vz_error error = read(engine);
        EXPECT_EQ(error.status, VZ_CORRUPTION) << name;
        EXPECT_NE(std::string(error.message).find(file), std::string::npos) << name << ": " << error.message;
        // Set aside: whoever asks next is told the same.
        EXPECT_EQ(error_of(engine.count("docs")).status, VZ_CORRUPTION) << name;
    }
    std::filesystem::remove_all(whole);
}

}  // namespace
