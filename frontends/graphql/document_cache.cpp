#include "frontends/graphql/document_cache.hpp"

#include "frontends/graphql/clock.hpp"
#include "frontends/graphql/validate.hpp"

namespace vz::graphql {

std::shared_ptr<const ast::Document> DocumentCache::find(std::string_view text) {
    if (text.size() > kTextBytesMax) return nullptr;
    const std::lock_guard lock(mutex_);
    const auto found = by_text_.find(text);
    if (found == by_text_.end()) return nullptr;
    recent_.splice(recent_.begin(), recent_, found->second);
    ++hits_;
    return recent_.front();
}

std::shared_ptr<const ast::Document> DocumentCache::get(std::string_view text, std::vector<DocumentError>& errors,
                                                        Work& work) {
    if (Entry known = find(text)) return known;
    const int64_t begun_ns = steady_ns();
    DocumentError error;
    Entry document = parse(std::string(text), ParseLimits(), error);
    const int64_t parsed_ns = steady_ns();
    work.parse_ns = parsed_ns - begun_ns;
    if (document == nullptr) {
        errors.push_back(std::move(error));
        return nullptr;
    }
    errors = validate(schema_, *document);
    work.validate_ns = steady_ns() - parsed_ns;
    if (!errors.empty()) return nullptr;
    remember(document);
    return document;
}

void DocumentCache::remember(const Entry& document) {
    if (document->text.size() > kTextBytesMax) return;
    const std::lock_guard lock(mutex_);
    if (by_text_.contains(document->text)) return;
    if (recent_.size() >= documents_max_) {
        by_text_.erase(recent_.back()->text);
        recent_.pop_back();
    }
    recent_.push_front(document);
    by_text_.emplace(recent_.front()->text, recent_.begin());
}

uint64_t DocumentCache::hits() const {
    const std::lock_guard lock(mutex_);
    return hits_;
}

size_t DocumentCache::size() const {
    const std::lock_guard lock(mutex_);
    return recent_.size();
}

}  // namespace vz::graphql
