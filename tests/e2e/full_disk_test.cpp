// A disk that gets full under the real program: writes are refused by name, everything acknowledged stays readable,
// deletes and drops go on, and when there is space again writes do too, without a restart.
#include <fcntl.h>
#include <gtest/gtest.h>
#include <sched.h>
#include <sys/mount.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <thread>

#include "tests/e2e/support/http_client.hpp"
#include "tests/e2e/support/json.hpp"
#include "tests/e2e/support/known.hpp"
#include "tests/e2e/support/server.hpp"
#include "tests/e2e/support/temporary_directory.hpp"

namespace vz::e2e {
namespace {

constexpr uint64_t kMiB = 1 << 20;
constexpr uint64_t kDiskBytes = 768 * kMiB;
constexpr uint64_t kForeignBytes = 288 * kMiB;  // what somebody else has on the disk, and takes away later
constexpr uint32_t kDim = 16;

std::string missing;  // why nothing can be mounted here; empty: it can

void write_text(const char* path, const std::string& text) { std::ofstream(path) << text; }

// Mounts of this process alone: as root, or as root of a user namespace.
void enter_namespace() {
    const uid_t user = ::getuid();
    const gid_t group = ::getgid();
    if (::unshare(CLONE_NEWNS) != 0) {
        if (::unshare(CLONE_NEWUSER | CLONE_NEWNS) != 0) {
            missing = std::string("no-mount-namespace:") + std::strerror(errno);
            return;
        }
        write_text("/proc/self/setgroups", "deny");
        write_text("/proc/self/uid_map", "0 " + std::to_string(user) + " 1");
        write_text("/proc/self/gid_map", "0 " + std::to_string(group) + " 1");
    }
    if (::mount(nullptr, "/", nullptr, MS_REC | MS_PRIVATE, nullptr) != 0)
        missing = std::string("no-private-mounts:") + std::strerror(errno);
}

class SmallDisk final {
 public:
    SmallDisk() : path_(directory_.path() + "/disk") {
        std::filesystem::create_directory(path_);
        const std::string size = "size=" + std::to_string(kDiskBytes);
        if (::mount("tmpfs", path_.c_str(), "tmpfs", 0, size.c_str()) != 0) {
            missing = std::string("no-tmpfs:") + std::strerror(errno);
            return;
        }
        is_mounted_ = true;
        const int file = ::open(foreign().c_str(), O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
        EXPECT_EQ(::posix_fallocate(file, 0, kForeignBytes), 0);
        ::close(file);
    }
    ~SmallDisk() {
        if (is_mounted_) ::umount2(path_.c_str(), MNT_DETACH);
    }
    SmallDisk(const SmallDisk&) = delete;
    SmallDisk& operator=(const SmallDisk&) = delete;

    bool is_mounted() const { return is_mounted_; }
    std::string data() const { return path_ + "/data"; }
    // To the last block, and without what the database keeps for that.
    void fill() const {
        std::filesystem::remove(data() + "/BALLAST");
        const int file = ::open(foreign().c_str(), O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
        const std::string block(4096, 'x');
        for (off_t at = 0; ::pwrite(file, block.data(), block.size(), at) > 0;) at += static_cast<off_t>(block.size());
        ::close(file);
        EXPECT_EQ(free_bytes(), 0U);
    }
    void remove_foreign_file() const { std::filesystem::remove(foreign()); }
    uint64_t free_bytes() const {
        struct statvfs space = {};
        EXPECT_EQ(::statvfs(path_.c_str(), &space), 0);
        return space.f_bavail * space.f_frsize;
    }

 private:
    std::string foreign() const { return path_ + "/somebody else's"; }

    TemporaryDirectory directory_;
    std::string path_;
    bool is_mounted_ = false;
};

// One client that knows what it was told, and by which words it was refused.
class Writer final {
 public:
    Writer(uint16_t port, Database known) : client_(rest_frontend(port), std::move(known)) {}

    bool upsert(const std::string& name, size_t count, size_t payload_bytes) {
        std::vector<NamedPoint> points = points_of(values_, kDim, "", next_, count);
        next_ += count;
        for (auto& [id, point] : points)
            point.payload = "{\"text\":\"" + std::string(payload_bytes, static_cast<char>('a' + next_ % 26)) + "\"}";
        if (!client_.upsert(name, points)) return false;
        bytes_ += count * payload_bytes;
        return true;
    }
    Client& client() { return client_; }
    const Database& known() const { return client_.knowledge().sure; }
    uint64_t bytes() const { return bytes_; }

 private:
    Client client_;
    Values values_{kSeed};
    size_t next_ = 0;
    uint64_t bytes_ = 0;
};

bool says_no_space(const std::string& complaint) {
    if (!complaint.starts_with("507 ")) return false;
    const Json answer(complaint.substr(4));
    return answer.text("/error_type") == "storage_error" && answer.text("/details/reason") == "no_space";
}

// Ever smaller writes until even the smallest is refused.
void fill_disk(Writer& writer) {
    for (const size_t payload_bytes : {size_t{256} << 10, size_t{16} << 10, size_t{64}}) {
        while (writer.upsert("kept", 8, payload_bytes))
            ASSERT_LT(writer.bytes(), kDiskBytes) << "more than the disk holds was acknowledged";
        ASSERT_TRUE(says_no_space(writer.client().refused())) << writer.client().refused().substr(0, 300);
        ASSERT_EQ(writer.client().knowledge().open, nullptr);
    }
}

void expect_all(const Database& known, uint16_t port, Sums& sums) {
    const Database found = rest_frontend(port)->read();
    compare(known, found, sums);
    EXPECT_TRUE(known == found);
    const auto hits = rest_frontend(port)->search("kept", known.at("kept").points.begin()->second.vector, 5);
    EXPECT_EQ(hits.size(), 5U);
}

// Behind somebody who took something away.
void go_on_writing(Writer& writer) {
    const auto patience = std::chrono::steady_clock::now() + std::chrono::seconds(30);
    while (!writer.upsert("kept", 8, 64)) {
        ASSERT_TRUE(says_no_space(writer.client().refused())) << writer.client().refused();
        ASSERT_LT(std::chrono::steady_clock::now(), patience) << "there is space, and writes are still refused";
        std::this_thread::sleep_for(std::chrono::milliseconds(50));
    }
}

// Everything that a full disk must not stop.
void remove_things(Writer& writer) {
    Client& client = writer.client();
    std::vector<std::string> ids;
    for (const auto& [id, point] : writer.known().at("kept").points) {
        if (ids.size() < 40) ids.push_back(id);
    }
    EXPECT_TRUE(client.remove("kept", ids)) << client.refused();
    EXPECT_TRUE(client.rename("small", "renamed")) << client.refused();
    EXPECT_TRUE(client.drop("dropped")) << client.refused();
}

TEST(FullDisk, RefusesWritesLosesNothingAndGoesOn) {
    const SmallDisk disk;
    if (!disk.is_mounted()) GTEST_SKIP();
    Sums sums;
    Database known;
    uint64_t bytes = 0, free_when_full = 0;
    {
        Server server(disk.data());
        Writer writer(server.port(), {});
        for (const char* name : {"kept", "small", "dropped"})
            ASSERT_TRUE(writer.client().create(name, kDim, Metric::kDot));
        ASSERT_TRUE(writer.upsert("small", 20, 100));
        ASSERT_TRUE(writer.upsert("dropped", 20, 10'000));
        fill_disk(writer);
        if (HasFatalFailure()) return;
        free_when_full = disk.free_bytes();
        bytes = writer.bytes();
        expect_all(writer.known(), server.port(), sums);
        remove_things(writer);
        expect_all(writer.known(), server.port(), sums);
        disk.remove_foreign_file();
        go_on_writing(writer);
        if (HasFatalFailure()) return;
        for (int i = 0; i < 8; ++i) EXPECT_TRUE(writer.upsert("kept", 8, 256 << 10)) << writer.client().refused();
        EXPECT_TRUE(writer.client().create("new", kDim, Metric::kCosine)) << writer.client().refused();
        expect_all(writer.known(), server.port(), sums);
        server.kill();
        known = writer.known();
        sums.acknowledged = writer.client().acknowledged();
    }
    disk.fill();
    {
        Server server(disk.data(), {}, Server::Until::kReads);
        expect_all(known, server.port(), sums);
        Writer writer(server.port(), known);
        EXPECT_FALSE(writer.upsert("kept", 8, 64));
        EXPECT_TRUE(says_no_space(writer.client().refused())) << writer.client().refused();
        EXPECT_EQ(HttpClient(server.port()).get("/readyz").body, "degraded");
        EXPECT_EQ(server.stop().code, 0);
    }
    {
        Server server(disk.data(), {}, Server::Until::kReads);
        Writer writer(server.port(), known);
        EXPECT_FALSE(writer.upsert("kept", 8, 64));
        disk.remove_foreign_file();
        go_on_writing(writer);
        if (HasFatalFailure()) return;
        EXPECT_TRUE(writer.client().create("late", kDim, Metric::kDot)) << writer.client().refused();
        EXPECT_TRUE(writer.client().drop("new")) << writer.client().refused();
        EXPECT_EQ(HttpClient(server.port()).get("/readyz").status, 200);
        expect_all(writer.known(), server.port(), sums);
        known = writer.known();
        sums.acknowledged += writer.client().acknowledged();
        server.kill();
    }
    {
        Server server(disk.data());
        expect_all(known, server.port(), sums);
        EXPECT_EQ(server.stop().code, 0);
    }
    EXPECT_EQ(run({program(), "check", disk.data()}).exit.code, 0);
    std::printf(
        "GATE e2e.full_disk %s disk=%llu payload_bytes=%llu free_when_full=%llu acknowledged=%llu lost=%llu "
        "ghosts=%llu changed=%llu\n",
        HasFailure() ? "FAIL" : "PASS", static_cast<unsigned long long>(kDiskBytes - kForeignBytes),
        static_cast<unsigned long long>(bytes), static_cast<unsigned long long>(free_when_full),
        static_cast<unsigned long long>(sums.acknowledged), static_cast<unsigned long long>(sums.lost),
        static_cast<unsigned long long>(sums.ghosts), static_cast<unsigned long long>(sums.changed));
}

TEST(FullDisk, TakesNoHalfOfAnArchive) {
    const SmallDisk disk;
    if (!disk.is_mounted()) GTEST_SKIP();
    const TemporaryDirectory directory;
    const std::string data = directory.path() + "/data";
    const std::string archive = disk.data() + ".vecdb";
    std::ofstream(directory.path() + "/points.ndjson") << R"({"id":"x","vector":[1,2]})";
    ASSERT_EQ(run({program(), "import", directory.path() + "/points.ndjson", "--collection", "n", "--data-dir", data})
                  .exit.code,
              0);
    disk.fill();
    const std::vector<std::string> command = {program(), "export", archive, "--data-dir", data};
    const Ran full = run(command);
    EXPECT_EQ(full.exit.code, 74) << full.output;
    EXPECT_NE(full.output.find(archive + " could not be written: No space left on device"), std::string::npos)
        << full.output;
    EXPECT_EQ(full.output.find(" in "), std::string::npos) << "no word of success: " << full.output;
    disk.remove_foreign_file();
    const Ran again = run(command);
    EXPECT_EQ(again.exit.code, 0) << again.output;
}

}  // namespace
}  // namespace vz::e2e

int main(int count, char** arguments) {
    vz::e2e::enter_namespace();
    testing::InitGoogleTest(&count, arguments);
    const int failed = vz::e2e::missing.empty() ? RUN_ALL_TESTS() : 0;
    if (!vz::e2e::missing.empty()) std::printf("GATE e2e.full_disk SKIP reason=\"%s\"\n", vz::e2e::missing.c_str());
    return failed;
}
