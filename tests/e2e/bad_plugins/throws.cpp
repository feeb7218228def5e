// A frontend whose drain throws: noexcept makes it the end of the process.
#include <stdexcept>

#include "vectorizer/vectorizer.hpp"

namespace {

struct Throws {
    static vz::Expected<std::unique_ptr<Throws>> create(vz::Host) { return std::make_unique<Throws>(); }
    vz::Expected<void> start() { return {}; }
    void drain() { throw std::runtime_error("thrown on purpose"); }
    bool idle() const { return true; }
    void stop() {}
};

}  // namespace

VZ_FRONTEND(Throws, "dev.vectorizer.throws", "Throws", "1.0.0")
