#include "plugins/host/engine_log.hpp"

#include <cstdlib>
#include <string>
#include <string_view>

#include "plugins/host/abi_text.hpp"
#include "plugins/host/blame.hpp"
#include "plugins/host/engine_handle.hpp"
#include "plugins/host/exit_code.hpp"
#include "plugins/host/log.hpp"

namespace vz::host {
namespace {

// The code that a record names; nullptr: none.
const void* code_of(const vz_log_record& record) {
    for (uint64_t i = 0; i < record.field_count; ++i) {
        if (view(record.fields[i].key) != "code") continue;
        const std::string address = text(record.fields[i].value);
        // NOLINTNEXTLINE(performance-no-int-to-ptr): an address it is
        return reinterpret_cast<const void*>(std::strtoull(address.c_str(), nullptr, 16));
    }
    return nullptr;
}

}  // namespace

void log_of_engine(void* engine, const vz_log_record* record) noexcept {
    const std::string_view event = view(record->event);
    if (event == "engine.closing") {
        if (static_cast<const EngineHandle*>(engine)->is_closing()) return;
        Blame::end_process("closes the engine, which is its host's", kExitFrontend);
    }
    Suspects suspects = Blame::owners(code_of(*record));
    if (event == "completion.hangs" && static_cast<const EngineHandle*>(engine)->is_closing())
        Blame::end_process(suspects, "does not return from a completion", kExitFrontend);
    // A library that plugins share, or load by themselves, has called for one of them.
    if (event == "abi.misuse" && !suspects.is_sole()) {
        const Suspects callers = Blame::on_this_stack();
        if (!callers.none()) suspects = callers;
    }
    Log::write(suspects.none() ? "engine" : suspects.text(), *record);
}

}  // namespace vz::host
