// Every kind of file says what it holds, and where one byte of it is wrong.
#include <gtest/gtest.h>

#include <sys/stat.h>

#include <fstream>
#include <iterator>
#include <string>
#include <vector>

#include "engine/runtime/inspect.hpp"
#include "tests/support/point_batch.hpp"
#include "tests/support/schema.hpp"
#include "tests/unit/runtime/engine_on_disk.hpp"

namespace vz {
namespace {

std::string read(const std::string& path) {
    std::ifstream file(path, std::ios::binary);
    return {std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>()};
}

bool is_damaged(const std::vector<CheckFinding>& findings) {
    for (const CheckFinding& finding : findings) {
        if (finding.status != VZ_OK) return true;
    }
    return false;
}

class Inspect : public EngineOnDisk {
 protected:
    // A collection with a sealed segment, deletes in it, a record behind it, an alias and a snapshot.
    void SetUp() override {
        EngineSettings settings = without_background();
        settings.wal_file_first_bytes = 65536;
        const auto engine = Engine::open(*files_, data_, settings).take();
        ASSERT_TRUE(engine->catalogue().create("planets", one_field(2, VZ_COSINE), {}).ok());
        vz_alias_change change = {};
        change.alias = {"worlds", 6};
        change.collection = {"planets", 7};
        ASSERT_TRUE(engine->catalogue().apply_aliases({&change, 1}, {}).ok());
        write(*engine, VZ_UPSERT, {"mars", "venus", "pluto"});
        ASSERT_TRUE(engine->checkpoints().take_all().ok());
        write(*engine, VZ_DELETE, {"pluto"});
        ASSERT_TRUE(engine->snapshots().create("s", {}).ok());
        write(*engine, VZ_UPSERT, {"eris"});
        ASSERT_TRUE(engine->snapshots().export_archive_to(directory_.path() + "/planets.vecdb", "s", {}).ok());
        ASSERT_TRUE(engine->close().ok());
    }

    static void write(Engine& engine, uint32_t kind, const std::vector<std::string>& names) {
        const std::vector<float> values(names.size() * 2, 0.5F);
        ASSERT_TRUE(write_points(engine, "planets", kind, {names, values}).ok());
    }

    std::string one(const std::string& folder, const std::string& prefix) const {
        for (const std::string& name : files_->list(folder).take()) {
            if (name.starts_with(prefix)) return folder + "/" + name;
        }
        return "";
    }

    std::string text_of(const std::string& path) const {
        const auto findings = inspect_file(*files_, path);
        if (!findings.ok()) return findings.status().error().message;
        EXPECT_FALSE(is_damaged(*findings)) << path;
        std::string text;
        for (const CheckFinding& finding : *findings) text += finding.message + "\n";
        return text;
    }
};

#define EXPECT_SAYS(path, what) EXPECT_NE(text_of(path).find(what), std::string::npos) << text_of(path)

TEST_F(Inspect, says_what_each_kind_of_file_holds) {
    EXPECT_SAYS(one(data_ + "/wal", "W-"), "collection 1: upsert of 1 point");
    EXPECT_SAYS(one(data_, "MANIFEST-"), "create collection 1 'planets'");
    EXPECT_SAYS(one(data_, "MANIFEST-"), "set alias 'worlds' of 1");
    EXPECT_SAYS(one(data_, "MANIFEST-"), "create snapshot 's'");
    EXPECT_SAYS(one(data_, "MANIFEST-"), "clean close");
    EXPECT_SAYS(data_ + "/CURRENT", "the manifest is MANIFEST-");
    EXPECT_SAYS(data_ + "/IDENTITY", "identity");
    EXPECT_SAYS(one(data_ + "/seg", "S-"), "3 rows of collection 1");
    EXPECT_SAYS(one(data_ + "/seg", "S-"), "section vectors of field");
    EXPECT_SAYS(one(data_ + "/seg", "D-"), ": 1 row ended, the highest 2");
    EXPECT_SAYS(directory_.path() + "/planets.vecdb", "archive of 1 collection");
}

TEST_F(Inspect, refuses_what_is_no_file_of_a_database) {
    const std::string path = directory_.path() + "/letter";
    std::ofstream(path) << "Dear reader";
    EXPECT_EQ(inspect_file(*files_, path).status().code(), VZ_INVALID_ARGUMENT);
    std::ofstream(path, std::ios::trunc).flush();
    EXPECT_EQ(inspect_file(*files_, path).status().code(), VZ_INVALID_ARGUMENT);
    EXPECT_EQ(inspect_file(*files_, path + ".not").status().code(), VZ_NOT_FOUND);
}

// Behind the end of a log the bytes are nobody's until they are written; everywhere else one wrong byte is seen, or
// leaves a file of unknown kind.
TEST_F(Inspect, sees_any_wrong_byte) {
    for (const std::string& path : {one(data_ + "/seg", "S-"), one(data_ + "/seg", "D-"), data_ + "/CURRENT",
                                    data_ + "/IDENTITY", directory_.path() + "/planets.vecdb"}) {
        const std::string whole = read(path);
        ASSERT_EQ(chmod(path.c_str(), 0644), 0);
        uint64_t unseen = 0;
        const size_t stride = std::max<size_t>(1, whole.size() / 120);
        for (size_t i = 0; i < whole.size(); i += stride) {
            std::string bytes = whole;
            bytes[i] = static_cast<char>(bytes[i] ^ 0x10);
            std::ofstream(path, std::ios::binary) << bytes;
            const auto findings = inspect_file(*files_, path);
            if (findings.ok() && !is_damaged(*findings)) {
                ++unseen;
                ADD_FAILURE() << path << " offset " << i;
                break;
            }
        }
        EXPECT_EQ(unseen, 0U);
        std::ofstream(path, std::ios::binary) << whole;
        EXPECT_FALSE(is_damaged(inspect_file(*files_, path).take()));
    }
}

}  // namespace
}  // namespace vz
