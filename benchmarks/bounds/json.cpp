#include <algorithm>
#include <cstddef>
#include <deque>
#include <string_view>
#include <variant>

#include "benchmarks/bounds/bounds.hpp"
#include "frontends/json/reader.hpp"
#include "frontends/json/writer.hpp"

namespace vz::bounds {
namespace {

enum class Need : uint8_t { kPositive, kPresent, kOptional };

// A member of an object: its name and where its value lies.
struct Member {
    std::string_view name;
    std::variant<std::string*, bool*, uint32_t*, uint64_t*, double*, Pages*, RowRate*, std::vector<RandomRows>*,
                 std::vector<Reading>*, std::vector<Scan>*, std::vector<Hop>*>
        place;
    Need need = Need::kPositive;
};
using Members = std::vector<Member>;

Members members_of(RowRate& rate) {
    return {{"rows_per_second", &rate.rows_per_second},
            {"rows_ahead", &rate.ahead.rows},
            {"lines_ahead", &rate.ahead.lines}};
}

Members members_of(RandomRows& rows) {
    return {{"row_bytes", &rows.row_bytes},
            {"pages", &rows.pages},
            {"no_prefetch_rows_per_second", &rows.plain},
            {"prefetch_whole", &rows.whole},
            {"prefetch_start", &rows.start, Need::kOptional}};
}

Members members_of(Reading& reading) {
    return {{"pages", &reading.pages},
            {"sequential_bytes_per_second", &reading.bytes_per_second},
            {"dependent_load_ns", &reading.load_ns}};
}

Members members_of(Scan& scan) {
    return {{"values", &scan.values},
            {"dim", &scan.dim},
            {"memory_rows_per_second", &scan.memory},
            {"cache_rows_per_second", &scan.cache}};
}

Members members_of(Hop& hop) {
    return {{"rows", &hop.rows},
            {"dim", &hop.dim},
            {"no_look_ahead_ns", &hop.plain_ns},
            {"best_ns", &hop.best_ns},
            {"rows_ahead", &hop.ahead.rows},
            {"lines_ahead", &hop.ahead.lines}};
}

Members members_of(Bounds& bounds) {
    return {{"cpu", &bounds.cpu},
            {"kernels", &bounds.kernels},
            {"vpopcntq", &bounds.has_vpopcntq},
            {"arena_bytes", &bounds.arena_bytes},
            {"cache_bytes", &bounds.cache_bytes, Need::kPresent},
            {"huge_share", &bounds.huge_share, Need::kPresent},
            {"random_rows", &bounds.random_rows},
            {"reads", &bounds.readings},
            {"scans", &bounds.scans},
            {"hops", &bounds.hops}};
}

class Printer {
 public:
    explicit Printer(json::Writer& out) : out_(out) {}

    template <class T>
    void object(const T& value) {
        T copy = value;
        out_.begin_object();
        for (const Member& member : members_of(copy)) {
            if (member.need == Need::kOptional && is_absent(member)) continue;
            out_.key(member.name);
            std::visit([this](const auto* place) { this->write(*place); }, member.place);
        }
        out_.end_object();
    }

 private:
    static bool is_absent(const Member& member) {
        const auto* rate = std::get_if<RowRate*>(&member.place);
        return rate != nullptr && **rate == RowRate{};
    }

    void write(const std::string& text) { out_.string(text); }
    void write(bool value) { out_.boolean(value); }
    void write(uint32_t value) { out_.unsigned_integer(value); }
    void write(uint64_t value) { out_.unsigned_integer(value); }
    void write(double value) { out_.float64(value); }
    void write(Pages pages) { out_.string(name_of(pages)); }
    void write(const RowRate& rate) { object(rate); }
    template <class T>
    void write(const std::vector<T>& list) {
        out_.begin_array();
        for (const T& one : list) object(one);
        out_.end_array();
    }

    json::Writer& out_;
};

class Parser {
 public:
    explicit Parser(const std::string& text)
        : padded_(text + std::string(json::kPadding, ' ')), reader_({padded_.data(), text.size()}, {this, take}) {}

    bool read(Bounds& bounds, std::string& why) {
        const bool good =
            object(bounds, [this](const auto& fields, auto&& on_field) { return reader_.read(fields, on_field); });
        if (!good) why = reader_.error().field + ": " + reader_.error().reason;
        return good;
    }

 private:
    static void* take(void* owner, uint64_t bytes, uint64_t /*align*/) {
        auto& blocks = static_cast<Parser*>(owner)->blocks_;
        return blocks.emplace_back(bytes / sizeof(std::max_align_t) + 1).data();
    }

    // Members in any order; `walk` hands them over.
    template <class T, class Walk>
    bool object(T& value, const Walk& walk) {
        const Members members = members_of(value);
        std::vector<json::Field> fields;
        for (const Member& member : members) fields.push_back({member.name, static_cast<uint32_t>(fields.size())});
        std::vector<bool> seen(members.size());
        auto on_field = [&](uint32_t field, json::Value from) {
            const Member& member = members[field];
            seen[field] = true;
            return std::visit([&](auto* place) { return read(from, *place, member.need); }, member.place);
        };
        if (!walk(fields, on_field)) return false;
        for (size_t i = 0; i < members.size(); ++i) {
            if (!seen[i] && members[i].need != Need::kOptional) return reader_.mistake(members[i].name, "is missing");
        }
        return true;
    }

    bool read(json::Value from, std::string& text, Need /*need*/) {
        std::string_view view;
        if (!reader_.string(from, view)) return false;
        text = view;
        return true;
    }
    bool read(json::Value from, bool& value, Need /*need*/) { return reader_.boolean(from, value); }
    bool read(json::Value from, uint64_t& value, Need need) {
        return reader_.unsigned_integer(from, need == Need::kPositive ? 1 : 0, UINT64_MAX, value);
    }
    bool read(json::Value from, uint32_t& value, Need need) {
        uint64_t wide = 0;
        if (!reader_.unsigned_integer(from, need == Need::kPositive ? 1 : 0, UINT32_MAX, wide)) return false;
        value = static_cast<uint32_t>(wide);
        return true;
    }
    bool read(json::Value from, double& value, Need need) {
        if (!reader_.number(from, value)) return false;
        return value > 0 || (need != Need::kPositive && value == 0) || reader_.mistake("must be positive");
    }
    bool read(json::Value from, Pages& pages, Need /*need*/) {
        std::string_view name;
        if (!reader_.string(from, name)) return false;
        pages = name == name_of(Pages::k2Mb) ? Pages::k2Mb : Pages::k4Kb;
        return name == name_of(pages) || reader_.mistake("is neither 4k nor 2m");
    }
    bool read(json::Value from, RowRate& rate, Need /*need*/) { return nested(from, rate); }
    template <class T>
    bool read(json::Value from, std::vector<T>& list, Need /*need*/) {
        auto on_element = [&](uint64_t /*index*/, json::Value element) { return nested(element, list.emplace_back()); };
        return reader_.array(from, on_element) && (!list.empty() || reader_.mistake("is empty"));
    }
    template <class T>
    bool nested(json::Value from, T& value) {
        return object(value, [this, from](const auto& fields, auto&& on_field) {
            return reader_.object(from, fields, on_field);
        });
    }

    std::string padded_;
    std::deque<std::vector<std::max_align_t>> blocks_;
    json::Reader reader_;
};

}  // namespace

std::string to_json(const Bounds& bounds) {
    json::Text text;
    {
        json::Writer out(text.target());
        Printer(out).object(bounds);
    }
    return text.text() + "\n";
}

bool from_json(const std::string& json, Bounds& bounds, std::string& why) {
    bounds = {};
    return Parser(json).read(bounds, why);
}

}  // namespace vz::bounds
