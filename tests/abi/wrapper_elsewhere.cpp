#include "tests/abi/wrapper_elsewhere.hpp"

uint64_t rows_of(vz::Result result) { return result.rows().size(); }
