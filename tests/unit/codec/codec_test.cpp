#include <gtest/gtest.h>

#include <cmath>
#include <cstring>
#include <random>
#include <set>

#include "frontends/codec/collection.hpp"
#include "frontends/codec/expiry.hpp"
#include "frontends/codec/failure.hpp"
#include "frontends/codec/points.hpp"
#include "frontends/codec/request_id.hpp"
#include "frontends/codec/scores.hpp"
#include "frontends/codec/time.hpp"
#include "frontends/codec/uuid.hpp"
#include "frontends/json/reader.hpp"
#include "frontends/text/abi_text.hpp"
#include "frontends/text/names.hpp"

namespace vz::codec {
namespace {

vz_error error(vz_status status, vz_reason reason, const char* field, uint64_t item = VZ_NO_ITEM) {
    vz_error e{};
    e.status = status;
    e.reason = reason;
    e.item = item;
    std::strcpy(e.field, field);
    std::strcpy(e.message, "why");
    return e;
}

TEST(scores, every_spelling_of_a_metric) {
    for (const char* name : {"cosine", "Cosine", "COSINE"}) EXPECT_EQ(parse_metric(name), VZ_COSINE);
    for (const char* name : {"euclidean", "Euclid", "L2"}) EXPECT_EQ(parse_metric(name), VZ_EUCLIDEAN);
    for (const char* name : {"dot", "dot_product", "DotProduct"}) EXPECT_EQ(parse_metric(name), VZ_DOT);
    for (const char* name : {"manhattan", "l1"}) EXPECT_EQ(parse_metric(name), VZ_MANHATTAN);
    for (const char* name : {"", "cos", "hamming", "cosine ", "cosinecosinecosine"})
        EXPECT_FALSE(parse_metric(name)) << name;
}

TEST(scores, a_threshold_keeps_exactly_what_reaches_it) {
    std::mt19937 random(11);
    for (int i = 0; i < 20'000; ++i) {
        const auto distance = std::bit_cast<float>(static_cast<uint32_t>(random() % 0x7F800000u));
        const float threshold =
            i % 2 == 0 ? score_of(VZ_EUCLIDEAN, distance) : static_cast<float>(random() % 1001) / 1000;
        const ScoreLimit limit = limit_of(VZ_EUCLIDEAN, threshold);
        const bool kept = !limit.limited || (!limit.empty && distance <= limit.value);
        ASSERT_EQ(kept, score_of(VZ_EUCLIDEAN, distance) >= threshold) << distance << " " << threshold;
    }
    EXPECT_TRUE(limit_of(VZ_MANHATTAN, 1.5F).empty);
    EXPECT_FALSE(limit_of(VZ_MANHATTAN, 0).limited);
    EXPECT_EQ(limit_of(VZ_DOT, -3).value, -3);
}

TEST(failure, every_status_has_its_http_status) {
    Names names;
    names.collection = "docs";
    names.point = "42";
    const struct {
        vz_error error;
        uint32_t http;
        const char* type;
    } cases[] = {
        {error(VZ_INVALID_ARGUMENT, VZ_REASON_RANGE, "k"), 400, "validation_error"},
        {error(VZ_INVALID_ARGUMENT, VZ_REASON_FILTER, "filter.must[0]"), 400, "parse_error"},
        {error(VZ_INVALID_ARGUMENT, VZ_REASON_RANGE, "vector_fields[0].degree"), 400, "invalid_configuration"},
        {error(VZ_NOT_FOUND, VZ_REASON_COLLECTION, ""), 404, "collection_not_found"},
        {error(VZ_NOT_FOUND, VZ_REASON_POINT, ""), 404, "vector_not_found"},
        {error(VZ_NOT_FOUND, VZ_REASON_SNAPSHOT, ""), 404, "snapshot_not_found"},
        {error(VZ_NOT_FOUND, VZ_REASON_ALIAS, ""), 400, "validation_error"},
        {error(VZ_ALREADY_EXISTS, VZ_REASON_COLLECTION, ""), 409, "collection_already_exists"},
        {error(VZ_CONFLICT, VZ_REASON_NONE, ""), 409, "conflict"},
        {error(VZ_UNSUPPORTED, VZ_REASON_NONE, "filter"), 501, "unimplemented"},
        {error(VZ_LIMIT_EXCEEDED, VZ_REASON_NONE, "record_bytes_max"), 413, "payload_too_large"},
        {error(VZ_LIMIT_EXCEEDED, VZ_REASON_FILTER, "batch_points_max"), 413, "payload_too_large"},
        {error(VZ_LIMIT_EXCEEDED, VZ_REASON_NONE, "payload_bytes_max"), 400, "validation_error"},
        {error(VZ_LIMIT_EXCEEDED, VZ_REASON_NONE, "query_text_bytes_max"), 400, "validation_error"},
        {error(VZ_BUSY, VZ_REASON_QUEUE, ""), 503, "service_unavailable"},
        {error(VZ_BUSY, VZ_REASON_QUEUE, "request_id"), 409, "conflict"},
        {error(VZ_DEADLINE_EXCEEDED, VZ_REASON_NONE, ""), 504, "deadline_exceeded"},
        {error(VZ_DISK_FULL, VZ_REASON_NONE, ""), 507, "storage_error"},
        {error(VZ_READ_ONLY, VZ_REASON_NONE, ""), 503, "storage_error"},
        {error(VZ_OUTCOME_UNKNOWN, VZ_REASON_NONE, ""), 503, "storage_error"},
        {error(VZ_CORRUPTION, VZ_REASON_NONE, ""), 503, "service_unavailable"},
        {error(VZ_INTERNAL, VZ_REASON_NONE, ""), 500, "internal_error"},
        {error(999, VZ_REASON_NONE, ""), 500, "internal_error"},
    };
    for (const auto& one : cases) {
        const Failure failure = from_engine(one.error, names);
        EXPECT_EQ(failure.http, one.http) << one.error.status;
        EXPECT_EQ(failure.error_type, one.type) << one.error.status;
        EXPECT_TRUE(json::check_json(failure.details, nullptr, nullptr)) << failure.details;
    }
    EXPECT_EQ(from_engine(error(VZ_READ_ONLY, VZ_REASON_NONE, ""), names).message, "why");
    names.write = true;
    EXPECT_EQ(from_engine(error(VZ_BUSY, VZ_REASON_QUEUE, ""), names).http, 429u);
}

TEST(failure, names_the_place_in_the_request) {
    Names names;
    names.items = "vectors";
    names.vector = "embedding";
    const uint64_t positions[] = {0, 3};
    names.positions = positions;
    vz_error wrong = error(VZ_INVALID_ARGUMENT, VZ_REASON_DIMENSION, "vectors.dim", 1);
    wrong.expected = 3;
    wrong.actual = 2;
    const Failure failure = from_engine(wrong, names);
    EXPECT_NE(failure.details.find(R"("field":"vectors[3].embedding")"), std::string::npos) << failure.details;
    EXPECT_NE(failure.details.find(R"("item":3)"), std::string::npos);
    EXPECT_NE(failure.details.find(R"("expected_dimension":3,"actual_dimension":2)"), std::string::npos);
}

TEST(names, reserved_and_malformed_names_are_refused) {
    for (const char* name : {"", ".", "..", "empty", "cleanup", "a/b", "a\nb"})
        EXPECT_NE(text::refuse_collection_name(name), nullptr) << name;
    for (const char* name : {"a\x7f", "\xC2\x80",
                             "a\xC2\x85"
                             "b",
                             "\xC2\x9F"})
        EXPECT_NE(text::refuse_collection_name(name), nullptr) << name;
    for (const char* name : {"\xC2\xA0", "\xC3\x85", "\xE2\x80\x8D"})
        EXPECT_EQ(text::refuse_collection_name(name), nullptr) << name;
    EXPECT_NE(text::refuse_collection_name(std::string(256, 'x')), nullptr);
    EXPECT_EQ(text::refuse_collection_name(std::string(255, 'x')), nullptr);
    EXPECT_EQ(text::refuse_id("a b"), nullptr);
    for (const char* id : {"", " a", "a ", "a\tb"}) EXPECT_NE(text::refuse_id(id), nullptr) << id;
    EXPECT_NE(text::refuse_id(std::string(257, 'x')), nullptr);
}

TEST(names, uuids_are_version_7_and_ascend) {
    std::set<std::string> seen;
    std::string last;
    for (int i = 0; i < 20'000; ++i) {
        const std::string id(new_uuid().view());
        EXPECT_EQ(id[14], '7');
        EXPECT_NE(std::string("89ab").find(id[19]), std::string::npos);
        EXPECT_GT(id, last);
        last = id;
        seen.insert(id);
    }
    EXPECT_EQ(seen.size(), 20'000u);
}

TEST(names, request_ids_depend_on_all_of_the_name_and_the_part) {
    const auto sent = [](const char* key_id, const char* method, const char* path, const char* idempotency_key) {
        return RequestName{text::borrowed(key_id), text::borrowed(method), text::borrowed(path),
                           text::borrowed(idempotency_key)};
    };
    const vz_uuid none = request_id(sent("a", "POST", "/b", ""), 0);
    EXPECT_EQ(std::count(none.bytes, none.bytes + 16, 0), 16);
    const auto same = [](const vz_uuid& a, const vz_uuid& b) { return std::memcmp(a.bytes, b.bytes, 16) == 0; };
    const vz_uuid one = request_id(sent("", "POST", "/b", "k"), 0);
    EXPECT_TRUE(same(one, request_id(sent("", "POST", "/b", "k"), 0)));
    EXPECT_FALSE(same(one, request_id(sent("", "POST", "/b", "k"), 1)));
    EXPECT_FALSE(same(one, request_id(sent("k", "POST", "/b", "k"), 0)));
    EXPECT_FALSE(same(one, request_id(sent("", "PUT", "/b", "k"), 0)));
    EXPECT_FALSE(same(one, request_id(sent("", "POST", "/c", "k"), 0)));
    EXPECT_FALSE(same(one, request_id(sent("", "POST/", "b", "k"), 0)));
}

TEST(names, times_are_rfc_3339) {
    EXPECT_EQ(rfc3339(0), "1970-01-01T00:00:00.000Z");
    EXPECT_EQ(rfc3339(1769851800123), "2026-01-31T09:30:00.123Z");
    EXPECT_EQ(rfc3339(-1), "1969-12-31T23:59:59.999Z");
}

TEST(names, an_expiry_may_be_written_with_escapes) {
    EXPECT_EQ(expiry_of(R"({"a":"\\","__expires_at":7})"), 7);
    EXPECT_EQ(expiry_of(R"({"__expires_\u0061t":7})"), 7);
    EXPECT_EQ(expiry_of_patch(R"({"\u005F_expires_at":null})"), 0);
    EXPECT_NE(refuse_expiry(R"({"__expires_\u0061t":-7})"), nullptr);
    for (const char* other :
         {R"({"\\u005f_expires_at":7})", R"({"a":{"__expires_\u0061t":7}})", R"({"__expires_\u00e1t":7})"})
        EXPECT_EQ(expiry_of(other), std::nullopt) << other;
}

TEST(points, the_total_agrees_with_the_page) {
    const auto total = [](uint64_t rows, bool has_more, uint64_t counted, std::optional<uint64_t> before) {
        vz_rows page{};
        page.count = rows;
        page.cursor = text::borrowed(has_more ? "next" : "");
        return total_of(page, counted, before);
    };
    EXPECT_EQ(total(10, true, 25, 0), 25);
    EXPECT_EQ(total(5, false, 25, 20), 25);
    EXPECT_EQ(total(0, false, 25, 30), 25);
    EXPECT_EQ(total(5, false, 25, std::nullopt), 25);
    // Others wrote between the count and the page.
    EXPECT_EQ(total(50, false, 0, 0), 50);
    EXPECT_EQ(total(0, false, 50, 0), 0);
    EXPECT_EQ(total(0, false, 50, 20), 20);
    EXPECT_EQ(total(5, false, 30, 20), 25);
    EXPECT_EQ(total(10, true, 3, 20), 31);
    EXPECT_EQ(total(10, true, 3, std::nullopt), 11);
}

TEST(collection, notes_survive_the_schema) {
    CollectionNotes notes;
    notes.description = "a \"b\"\n";
    notes.metadata = R"({"k":[1,2]})";
    const std::string text = write_notes(notes);
    const CollectionNotes back = read_notes(text::borrowed(text));
    EXPECT_EQ(back.description, notes.description);
    EXPECT_EQ(back.metadata, notes.metadata);
    EXPECT_EQ(write_notes({}), "");
    EXPECT_EQ(read_notes({}).metadata, "{}");
    EXPECT_EQ(size_text(1258291), "1.2 MB");
}

}  // namespace
}  // namespace vz::codec
