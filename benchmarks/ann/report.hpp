// Curves of recall and queries a second as SVG in one HTML page, from the CSV of a sweep alone.
#pragma once

#include <istream>
#include <ostream>

namespace vz::ann {

// False: not the CSV of a sweep.
bool report(std::istream& csv, std::ostream& html);

}  // namespace vz::ann
