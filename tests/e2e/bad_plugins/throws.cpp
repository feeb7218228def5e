// A frontend that throws where KIND says: from create, which becomes its error; from drain, which noexcept makes the
// end of the process.
#include <stdexcept>
#include <string_view>

#include "vectorizer/vectorizer.hpp"

namespace {

constexpr std::string_view kKind = KIND;

struct Throws {
    static vz::Expected<std::unique_ptr<Throws>> create(vz::Host) {
        if (kKind == "throws-number") throw 42;
        return std::make_unique<Throws>();
    }
    vz::Expected<void> start() { return {}; }
    void drain() { throw std::runtime_error("thrown on purpose"); }
    bool idle() const { return true; }
    void stop() {}
};

}  // namespace

VZ_FRONTEND(Throws, "dev.vectorizer.throws", "Throws", "1.0.0")
