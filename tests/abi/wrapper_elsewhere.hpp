// What the second source of the wrapper's test does.
#pragma once

#include "vectorizer/vectorizer.hpp"

// Takes a result by move, gives back how many rows it had.
uint64_t rows_of(vz::Result result);
