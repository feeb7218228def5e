// Parsed and validated documents by their text, the least recently used of them forgotten first. Any thread.
#pragma once

#include <cstdint>
#include <list>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "frontends/graphql/ast.hpp"
#include "frontends/graphql/error.hpp"
#include "frontends/graphql/parser.hpp"
#include "frontends/graphql/schema.hpp"

namespace vz::graphql {

class DocumentCache final {
 public:
    static constexpr size_t kDocumentsMax = 1000;
    // Longer texts are parsed each time: literals make them long, and those do not come again.
    static constexpr size_t kTextBytesMax = 16 * 1024;

    explicit DocumentCache(const Schema& schema, size_t documents_max = kDocumentsMax)
        : schema_(schema), documents_max_(documents_max) {}

    // The valid document of that text if it is known; NULL: it is not.
    std::shared_ptr<const ast::Document> find(std::string_view text);
    // What a document cost; zeros: it was known.
    struct Work {
        int64_t parse_ns = 0;
        int64_t validate_ns = 0;
    };
    // Parses and validates where it must. NULL: `errors` say why.
    std::shared_ptr<const ast::Document> get(std::string_view text, std::vector<DocumentError>& errors) {
        Work work;
        return get(text, errors, work);
    }
    std::shared_ptr<const ast::Document> get(std::string_view text, std::vector<DocumentError>& errors, Work& work);

    uint64_t hits() const;
    size_t size() const;

 private:
    using Entry = std::shared_ptr<const ast::Document>;

    void remember(const Entry& document);

    const Schema& schema_;
    const size_t documents_max_;
    mutable std::mutex mutex_;  // of all below; nothing else is locked while it is held
    std::list<Entry> recent_;   // most recently used first
    std::unordered_map<std::string_view, std::list<Entry>::iterator> by_text_;  // keys point into the documents
    uint64_t hits_ = 0;
};

}  // namespace vz::graphql
