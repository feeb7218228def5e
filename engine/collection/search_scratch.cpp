#include "engine/collection/search_scratch.hpp"

#include <deque>

namespace vz {

SearchScratch& search_scratch(size_t place) {
    thread_local std::deque<SearchScratch> scratch;
    while (scratch.size() <= place) scratch.emplace_back();
    return scratch[place];
}

}  // namespace vz
