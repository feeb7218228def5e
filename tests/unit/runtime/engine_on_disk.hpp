// A fixture: an engine in a directory of its own, opened as often as a test needs.
#pragma once

#include <gtest/gtest.h>

#include <memory>
#include <string>

#include "engine/io/posix_file_system.hpp"
#include "engine/runtime/engine.hpp"
#include "tests/e2e/support/temporary_directory.hpp"

namespace vz {

class EngineOnDisk : public testing::Test {
 protected:
    // The one before ends, as it would with its process.
    void open_engine(const EngineSettings& settings) {
        engine_.reset();
        auto opened = Engine::open(*files_, data_, settings);
        ASSERT_TRUE(opened.ok()) << opened.status().error().message;
        engine_ = opened.take();
    }
    // Nothing happens but what the test asks for.
    static EngineSettings without_background() {
        EngineSettings settings;
        settings.background = false;
        return settings;
    }

    const e2e::TemporaryDirectory directory_;
    const std::string data_ = directory_.path() + "/data";
    const std::unique_ptr<FileSystem> files_ = make_posix_file_system();
    std::unique_ptr<Engine> engine_;
};

}  // namespace vz
