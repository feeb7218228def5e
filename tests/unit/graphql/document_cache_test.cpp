#include "frontends/graphql/document_cache.hpp"

#include <thread>

#include "texts.hpp"

namespace vz::graphql::test {
namespace {

TEST(DocumentCache, keeps_valid_documents_only) {
    const auto schema = schema_of("type Query { a: Int }");
    DocumentCache cache(*schema);
    std::vector<DocumentError> errors;
    EXPECT_EQ(cache.get("{ b }", errors), nullptr);
    EXPECT_EQ(errors.size(), 1u);
    errors.clear();
    EXPECT_EQ(cache.get("{ a", errors), nullptr);
    EXPECT_EQ(errors.size(), 1u);
    EXPECT_EQ(cache.size(), 0u);
    errors.clear();
    const auto first = cache.get("{ a }", errors);
    ASSERT_NE(first, nullptr);
    EXPECT_EQ(cache.get("{ a }", errors), first);
    EXPECT_EQ(cache.hits(), 1u);
}

TEST(DocumentCache, forgets_the_least_recently_used) {
    const auto schema = schema_of("type Query { a: Int }");
    DocumentCache cache(*schema, 2);
    std::vector<DocumentError> errors;
    const auto held = cache.get("{ a }", errors);
    cache.get("{ x: a }", errors);
    cache.find("{ a }");
    cache.get("{ y: a }", errors);
    EXPECT_EQ(cache.size(), 2u);
    EXPECT_EQ(cache.find("{ x: a }"), nullptr);
    EXPECT_EQ(cache.find("{ a }"), held);
    const std::string longer = "{ a }" + std::string(DocumentCache::kTextBytesMax, ' ');
    EXPECT_NE(cache.get(longer, errors), nullptr);
    EXPECT_EQ(cache.find(longer), nullptr);
}

TEST(DocumentCache, serves_many_threads) {
    const auto schema = schema_of("type Query { a: Int }");
    DocumentCache cache(*schema, 8);
    std::vector<std::thread> threads;
    for (int t = 0; t < 4; ++t) {
        threads.emplace_back([&, t] {
            for (int i = 0; i < 500; ++i) {
                std::vector<DocumentError> errors;
                EXPECT_NE(cache.get("{ x" + std::to_string((i * 7 + t) % 20) + ": a }", errors), nullptr);
            }
        });
    }
    for (std::thread& thread : threads) thread.join();
    EXPECT_EQ(cache.size(), 8u);
}

}  // namespace
}  // namespace vz::graphql::test
