#include <algorithm>
#include <set>

#include "tests/support/sim_fs.hpp"

namespace vz {
namespace {

constexpr size_t kExhaustiveEffectsMax = 10;

using Choice = std::vector<bool>;

std::vector<Choice> every_subset(size_t count) {
    std::vector<Choice> choices;
    for (uint64_t bits = 0; bits < uint64_t{1} << count; ++bits) {
        Choice choice(count);
        for (size_t i = 0; i < count; ++i) choice[i] = ((bits >> i) & 1) != 0;
        choices.push_back(std::move(choice));
    }
    return choices;
}

template <class T>
void shuffle(std::vector<T>* items, Random* random) {
    for (size_t i = items->size(); i > 1; --i) std::swap((*items)[i - 1], (*items)[random->below(i)]);
}

// Each one alone, all but one, and prefixes.
std::vector<Choice> structured(size_t count) {
    std::vector<Choice> choices;
    for (size_t i = 0; i < count; ++i) {
        Choice one(count, false);
        one[i] = true;
        choices.push_back(std::move(one));
        Choice others(count, true);
        others[i] = false;
        choices.push_back(std::move(others));
        Choice prefix(count, false);
        std::fill(prefix.begin(), prefix.begin() + static_cast<std::ptrdiff_t>(i), true);
        choices.push_back(std::move(prefix));
    }
    return choices;
}

Choice random_choice(size_t count, Random* random) {
    const uint64_t percent = 10 + 40 * random->below(3);
    Choice choice(count);
    for (size_t i = 0; i < count; ++i) choice[i] = random->chance(percent);
    return choice;
}

}  // namespace

CrashImages crash_images(const Disk& disk, Random* random, size_t budget) {
    const std::vector<Effect> effects = disk.effects();
    const size_t count = effects.size();
    CrashImages result;
    result.effects = count;
    result.exhaustive = count <= kExhaustiveEffectsMax && (size_t{1} << count) <= budget;

    std::set<uint64_t> seen;
    const auto add = [&](Choice choice) {
        auto after = std::make_shared<Disk>(disk.cut(effects, choice));
        const uint64_t hash = after->hash();
        if (seen.insert(hash).second) result.images.push_back({std::move(after), hash, std::move(choice)});
    };
    if (result.exhaustive) {
        for (Choice& choice : every_subset(count)) add(std::move(choice));
        return result;
    }
    if (budget > 0) add(Choice(count, false));
    if (budget > 1) add(Choice(count, true));
    std::vector<Choice> choices = structured(count);
    shuffle(&choices, random);
    // A third of the budget is kept for subsets without structure; two in a row that are alike may come, so tries are
    // bounded, too.
    for (size_t i = 0; i < choices.size() && result.images.size() < budget - budget / 3; ++i)
        add(std::move(choices[i]));
    for (size_t tries = 0; tries < 2 * budget && result.images.size() < budget; ++tries)
        add(random_choice(count, random));
    return result;
}

}  // namespace vz
