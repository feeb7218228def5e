// The end of a test program: its gate line. "e2e_resp_test" is the gate e2e.resp, "conformance_filters"
// conformance.filters.
#include <errno.h>
#include <gtest/gtest.h>

#include <cstdio>
#include <string>

namespace {

std::string gate_of(std::string program) {
    if (program.ends_with("_test")) program.resize(program.size() - 5);
    if (const size_t first = program.find('_'); first != std::string::npos) program[first] = '.';
    return program;
}

}  // namespace

int main(int count, char** arguments) {
    testing::InitGoogleTest(&count, arguments);
    const bool passed = RUN_ALL_TESTS() == 0;
    const testing::UnitTest& tests = *testing::UnitTest::GetInstance();
    // Nothing that ran is nothing that was proved, unless the test has said itself what it misses.
    const bool ran = tests.successful_test_count() + tests.failed_test_count() != 0;
    if (!ran && tests.skipped_test_count() != 0) return 0;
    std::printf("GATE %s %s tests=%d\n", gate_of(program_invocation_short_name).c_str(),
                passed && ran ? "PASS" : "FAIL", tests.successful_test_count());
    return passed && ran ? 0 : 1;
}
