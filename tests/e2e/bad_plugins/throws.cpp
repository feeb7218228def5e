// A frontend that throws where KIND says: from create, which becomes its error; from drain or a completion, which
// noexcept makes the end of the process. Or it changes what C++ does then.
#include <cstdlib>
#include <exception>
#include <stdexcept>
#include <string_view>

#include "vectorizer/vectorizer.hpp"

namespace {

constexpr std::string_view kKind = KIND;

struct Throws {
    static vz::Expected<std::unique_ptr<Throws>> create(vz::Host host) {
        if (kKind == "throws-number") throw 42;
        auto made = std::make_unique<Throws>();
        made->engine = host.engine().raw();
        return made;
    }
    static void throw_in_completion(vz_op*) { throw std::runtime_error("thrown on purpose"); }
    vz::Expected<void> start() {
        if (kKind == "terminate-handler") std::set_terminate([] { std::abort(); });
        if (kKind != "throws-in-a-completion") return {};
        op.kind = VZ_OP_COUNT;
        op.collection = vz::str("docs");
        op.answer = &count;
        op.done = reinterpret_cast<vz_done_fn>(&throw_in_completion);  // from a language that knows no noexcept
        vz_op* const only = &op;
        static_cast<void>(vz_submit(engine, &only, 1));
        return {};
    }
    void drain() {
        if (kKind == "throws") throw std::runtime_error("thrown on purpose");
    }
    bool idle() const { return true; }
    void stop() {}

    vz_engine* engine = nullptr;
    vz_op op = vz::make<vz_op>();
    uint64_t count = 0;
};

}  // namespace

VZ_FRONTEND(Throws, "dev.vectorizer.throws", "Throws", "1.0.0")
