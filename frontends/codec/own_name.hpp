// Which collection a name stands for.
#pragma once

#include <string>
#include <string_view>

#include "vectorizer/engine.h"

namespace vz::codec {

// The name of the collection itself where `name` is an alias of it; empty: there is no such collection now. [any]
std::string own_name(vz_engine* engine, std::string_view name);
// What tells the collection from all others, whatever it is called meanwhile; zero: there is no such collection now.
// [any]
vz_uuid identity(vz_engine* engine, std::string_view name);

}  // namespace vz::codec
