// What a plugin says about itself, before anything of it is used.
#pragma once

#include <string>

#include "vectorizer/frontend.h"

namespace vz::host {

// Why this host cannot live with it; empty: it can. Nothing beyond its struct_size is read.
std::string descriptor_problem(const vz_frontend_descriptor* descriptor);

}  // namespace vz::host
