// A data directory of each released format, and what it answers.
//   golden write first|rest DIRECTORY       makes one with today's engine
//   golden answers DIRECTORY                prints what it answers; the directory changes as at any opening
//   golden compare CMAKE ARCHIVE ANSWERS    unpacks one of an earlier day and compares what it answers today
#include <algorithm>
#include <cstdio>
#include <fstream>
#include <iterator>
#include <string>

#include "tests/e2e/support/process.hpp"
#include "tests/e2e/support/temporary_directory.hpp"
#include "tests/golden/contents.hpp"

namespace vz::golden {
namespace {

void tell_damage(const std::string& directory, const Lines& tell) {
    vz_directory_request request = {};
    request.struct_size = sizeof request;
    request.kind = VZ_DIRECTORY_CHECK;
    vz_result* raw = nullptr;
    must(vz_directory_run(str(directory), &request, &raw, &error), "check");
    const Result result(raw);
    uint64_t count = 0, damaged = 0;
    const auto* finding = static_cast<const vz_finding*>(vz_result_items(result.get(), VZ_RESULT_FINDINGS, &count));
    for (uint64_t i = 0; i < count; ++i) {
        if (finding[i].status == VZ_OK) continue;
        ++damaged;
        const std::string file = text_of(finding[i].file);
        tell("damage " + (file.starts_with(directory) ? file.substr(directory.size()) : file));
    }
    tell("damaged files: " + std::to_string(damaged));
}

std::string answers_of(const std::string& directory) {
    std::string text;
    const Lines tell = [&](const std::string& line) { text += line + "\n"; };
    tell_damage(directory, tell);
    vz_engine* engine = open(directory);
    tell_collections(engine, tell);
    const bool first = is_first(engine);
    if (first) {
        tell_first(engine, tell);
    } else {
        tell_rest(engine, directory, tell);
    }
    must(vz_engine_close(engine, &error), "close");
    if (!first) tell_repair(directory, tell);
    return text;
}

int differ(const std::string& what, const std::string& expected, const std::string& found) {
    size_t line = 1, begin = 0;
    for (size_t i = 0; i < expected.size() && i < found.size() && expected[i] == found[i]; ++i) {
        if (expected[i] != '\n') continue;
        ++line;
        begin = i + 1;
    }
    std::printf("%s: line %zu\n  expected %s\n  found    %s\n", what.c_str(), line,
                expected.substr(begin, expected.find('\n', begin) - begin).c_str(),
                found.substr(begin, found.find('\n', begin) - begin).c_str());
    return 1;
}

int compare(const std::string& cmake, const std::string& archive, const std::string& answers) {
    std::ifstream file(answers, std::ios::binary);
    const std::string expected{std::istreambuf_iterator<char>(file), {}};
    const e2e::TemporaryDirectory directory;
    const e2e::Ran unpacked = e2e::run({cmake, "-E", "chdir", directory.path(), cmake, "-E", "tar", "xf", archive});
    int result = unpacked.exit.code != 0 || expected.empty() ? 1 : 0;
    if (result != 0) std::printf("nothing to compare with: %s", unpacked.output.c_str());
    const std::string data = directory.path() + "/data";
    // As it was left; then as today's engine has written it.
    for (const char* const when : {"after recovery", "opened once more"}) {
        if (result != 0) break;
        if (const std::string found = answers_of(data); found != expected) result = differ(when, expected, found);
        vz_engine* engine = open(data);
        checkpoint(engine);
        must(vz_engine_close(engine, &error), "close");
    }
    const auto lines = std::count(expected.begin(), expected.end(), '\n');
    std::printf("GATE golden %s answers=%lld differ=%d\n", result == 0 ? "PASS" : "FAIL", static_cast<long long>(lines),
                result);
    return result;
}

}  // namespace

int run(int count, char** arguments) {
    const std::string mode = count > 1 ? arguments[1] : "";
    if (mode == "write" && count == 4) {
        const std::string what = arguments[2];
        if (what == "first") write_first(arguments[3]);
        if (what == "rest") write_rest(arguments[3]);
    }
    if (mode == "answers" && count == 3) {
        std::fputs(answers_of(arguments[2]).c_str(), stdout);
        return 0;
    }
    if (mode == "compare" && count == 5) return compare(arguments[2], arguments[3], arguments[4]);
    std::fputs("golden write first|rest DIRECTORY | answers DIRECTORY | compare CMAKE ARCHIVE ANSWERS\n", stderr);
    return 2;
}

}  // namespace vz::golden

int main(int count, char** arguments) { return vz::golden::run(count, arguments); }
