#include "tests/crash/history.hpp"

#include <algorithm>
#include <cstdio>
#include <cstdlib>

#include "tests/crash/store.hpp"

namespace vz {
namespace {

constexpr uint64_t kSharedRunOnceIn = 16;
// Room that an opening makes anew when it is too small; what it was before is not kept.
constexpr const char* kBallast = "data/BALLAST";

[[noreturn]] void stop(uint64_t seed, const char* what, const Status& status) {
    std::printf("seed %llu: %s: status %u %s\n", static_cast<unsigned long long>(seed), what, status.code(),
                status.ok() ? "" : status.error().message);
    std::exit(1);
}

bool is_set(const vz_uuid& id) {
    return std::any_of(std::begin(id.bytes), std::end(id.bytes), [](uint8_t byte) { return byte != 0; });
}

Verdict refused(const char* what, const Status& status) {
    return {Verdict::Kind::kRefused, 0,
            std::string(what) + ": status " + std::to_string(status.code()) + " " + status.error().message};
}

// When the store is opened again after a cut: it was down for a while, or for long.
int64_t reopened_ms(const Timeline& timeline, Allowed allowed, uint64_t seed) {
    return timeline.models[allowed.last].now_ms() + (seed % 4 == 0 ? 5000 : 40);
}

// Fills in the model that `store` equals.
Verdict compare(Store* store, const Timeline& timeline, Allowed allowed, const char* when) {
    const Result<std::string> found = store->dump();
    if (!found.ok()) return refused(when, found.status());
    for (size_t i = allowed.first; i <= allowed.last; ++i) {
        if (timeline.dumps[i] != *found) continue;
        const Status archives = store->check_archives(timeline.models[i]);
        if (!archives.ok()) return {Verdict::Kind::kLost, 0, std::string(when) + ": " + archives.error().message};
        return {Verdict::Kind::kGood, i, {}};
    }
    return {Verdict::Kind::kLost, 0, std::string(when) + ": " + difference(timeline.dumps[allowed.first], *found)};
}

// What follows a recovery that `verdict` found good: the last requests again, one write of each kind, an orderly close,
// a second opening.
Verdict go_on(std::unique_ptr<Store> store, SimFs* files, const Timeline& timeline, const Verdict& verdict,
              uint64_t seed, int64_t now_ms, Timeline* after) {
    Model model = timeline.models[verdict.model];
    model.set_clock(now_ms);
    // The last requests come again: answered, or refused, but not done a second time.
    size_t delivered = 0;
    for (auto request = timeline.requests.rbegin(); request != timeline.requests.rend() && delivered < 2; ++request) {
        if (request->first > verdict.model) continue;
        Operation again = request->second;
        again.repeated = true;
        again.now_ms = now_ms;
        uint64_t lsn = 0;
        const Status status = store->apply(again, &lsn);
        if (!is_expected(again, status)) return refused("a repeated request", status);
        ++delivered;
    }
    if (delivered != 0) {
        const Verdict repeated =
            compare(store.get(), timeline, {verdict.model, verdict.model}, "after repeated requests");
        if (repeated.kind != Verdict::Kind::kGood) return repeated;
    }
    // Another sequence than any workload's, and so other request ids.
    WorkloadSource source(~seed, now_ms);
    for (const Operation& operation : source.one_of_each(model)) {
        uint64_t lsn = 0;
        const size_t step_begin = files->cuts();
        const Status status = store->apply(operation, &lsn);
        if (!status.ok()) return refused(operation_name(operation.kind), status);
        model.apply(operation, lsn);
        if (after != nullptr) after->add(step_begin, files->cuts(), model);
    }
    Timeline end(model);
    const Verdict written = compare(store.get(), end, {}, "after writes");
    if (written.kind != Verdict::Kind::kGood) return written;
    const size_t step_begin = files->cuts();
    const Status closed = store->close();
    if (!closed.ok()) return refused("close", closed);
    if (after != nullptr) after->add(step_begin, files->cuts(), model);
    store.reset();
    const Verdict again = judge_opening(files, end, {}, seed + 2);
    if (again.kind != Verdict::Kind::kGood) return {again.kind, 0, "second opening, " + again.detail};
    return verdict;
}

}  // namespace

bool is_expected(const Operation& operation, const Status& status) {
    if (operation.refusal != VZ_OK) return status.code() == operation.refusal;
    // The collection of the first delivery may be gone when the second comes, or another of that name have another
    // dimension.
    return status.ok() ||
           (operation.repeated && (status.code() == VZ_NOT_FOUND || status.code() == VZ_INVALID_ARGUMENT));
}

void Timeline::add(size_t begin, size_t end, const Model& model) {
    steps.push_back({begin, end});
    models.push_back(model);
    dumps.push_back(model.dump());
}

Allowed allowed_at(const Timeline& timeline, size_t cut) {
    size_t acknowledged = 0;
    while (acknowledged < timeline.steps.size() && timeline.steps[acknowledged].end <= cut) ++acknowledged;
    size_t begun = acknowledged;
    while (begun < timeline.steps.size() && timeline.steps[begun].begin < cut) ++begun;
    return {acknowledged, begun};
}

Timeline run_workload(SimFs* files, uint64_t seed, size_t operations, End end) {
    Model model;
    Timeline timeline(model);
    WorkloadSource source(seed);
    size_t begin = files->cuts();
    auto opened = Store::open(*files, kDirectory, seed * 1000, model.now_ms());
    if (!opened.ok()) stop(seed, "the first opening", opened.status());
    const auto store = opened.take();
    timeline.add(begin, files->cuts(), model);
    for (size_t i = 0; i < operations; ++i) {
        begin = files->cuts();
        if (source.wants_group()) {
            const std::vector<Operation> group = source.next_group(model);
            std::vector<uint64_t> lsns;
            const Status status = store->apply_group(group, &lsns);
            if (!status.ok()) stop(seed, "a group of writes", status);
            for (size_t j = 0; j < group.size(); ++j) {
                model.apply(group[j], lsns[j]);
                timeline.count(group[j]);
                timeline.add(begin, files->cuts(), model);
            }
            continue;
        }
        const Operation operation = source.next(model);
        uint64_t lsn = 0;
        const Status status = store->apply(operation, &lsn);
        if (!is_expected(operation, status)) stop(seed, operation_name(operation.kind), status);
        if (status.ok()) model.apply(operation, lsn);
        if (status.ok() && !operation.repeated) timeline.count(operation);
        timeline.add(begin, files->cuts(), model);
        if (status.ok() && is_set(operation.request_id))
            timeline.requests.emplace_back(timeline.models.size() - 1, operation);
        const Result<std::string> found = store->dump();
        if (!found.ok()) stop(seed, "reading back", found.status());
        if (*found != timeline.dumps.back()) {
            std::printf("seed %llu: after operation %zu, %s: %s\n", static_cast<unsigned long long>(seed), i,
                        operation_name(operation.kind), difference(timeline.dumps.back(), *found).c_str());
            std::exit(1);
        }
    }
    if (end == End::kClosed) {
        begin = files->cuts();
        const Status closed = store->close();
        if (!closed.ok()) stop(seed, "close", closed);
        timeline.add(begin, files->cuts(), model);
    }
    return timeline;
}

Verdict judge(SimFs* files, const Timeline& timeline, Allowed allowed, uint64_t seed, Timeline* after) {
    const size_t begin = files->cuts();
    const int64_t now_ms = reopened_ms(timeline, allowed, seed);
    auto opened = Store::open(*files, kDirectory, seed, now_ms);
    if (!opened.ok()) return refused("opening", opened.status());
    const Verdict verdict = compare(opened->get(), timeline, allowed, "after recovery");
    if (verdict.kind != Verdict::Kind::kGood) return verdict;
    if (after != nullptr) {
        Model model = timeline.models[verdict.model];
        model.set_clock(now_ms);
        *after = Timeline(model);
        after->add(begin, files->cuts(), model);
    }
    return go_on(opened.take(), files, timeline, verdict, seed, now_ms, after);
}

Verdict CutJudge::judge(SimFs* files) {
    files->leave_out(kBallast);
    const int64_t now_ms = reopened_ms(timeline_, allowed_, seed_);
    auto opened = Store::open(*files, kDirectory, seed_, now_ms);
    if (!opened.ok()) return refused("opening", opened.status());
    const Verdict verdict = compare(opened->get(), timeline_, allowed_, "after recovery");
    if (verdict.kind != Verdict::Kind::kGood) return verdict;
    const uint64_t way = mix(files->answers()) ^ files->disk_hash();
    if (mix(way) % continue_one_in_ != 0) return verdict;
    const auto [end, is_new] = ends_.try_emplace(way);
    if (!is_new && ++shared_ % kSharedRunOnceIn != 0) return end->second.verdict;
    ++continued_;
    End own;
    own.verdict = go_on(opened.take(), files, timeline_, verdict, seed_, now_ms, nullptr);
    own.answers = files->answers();
    own.disk = files->disk_hash();
    if (is_new) end->second = own;
    if (own.answers != end->second.answers || own.disk != end->second.disk) {
        return {Verdict::Kind::kLost, 0, "two recoveries were answered alike and went on differently"};
    }
    return own.verdict;
}

Verdict judge_opening(SimFs* files, const Timeline& timeline, Allowed allowed, uint64_t seed) {
    auto opened = Store::open(*files, kDirectory, seed, reopened_ms(timeline, allowed, seed));
    if (!opened.ok()) return refused("opening", opened.status());
    return compare(opened->get(), timeline, allowed, "after recovery");
}

std::string difference(const std::string& expected, const std::string& found) {
    const auto [one, two] = std::mismatch(expected.begin(), expected.end(), found.begin(), found.end());
    const auto show = [](const std::string& text, std::string::const_iterator at) {
        std::string shown;
        const auto from = at - text.begin() > 40 ? at - 40 : text.begin();
        for (auto p = from; p != text.end() && p - from < 100; ++p) shown += *p >= ' ' && *p <= '~' ? *p : '.';
        return shown;
    };
    return "expected " + std::to_string(expected.size()) + " bytes \"" + show(expected, one) + "\", found " +
           std::to_string(found.size()) + " bytes \"" + show(found, two) + "\" at " +
           std::to_string(one - expected.begin());
}

}  // namespace vz
