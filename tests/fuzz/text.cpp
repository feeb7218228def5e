// Texts cut into words and into pieces. Input: u8 language, u8 size, u8 overlap, the text.
#include "engine/text/tokenizer.hpp"

#include <memory>

#include "frontends/codec/chunks.hpp"
#include "frontends/codec/embedding.hpp"
#include "tests/fuzz/target.hpp"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
    using namespace vz;
    using namespace vz::fuzz;
    Input input(data, size);
    static const std::vector<std::string_view> languages = Tokenizer::languages();
    // One of each language for all inputs: what it read before must not show. The tokenizer is new, with no room beyond
    // its text.
    static std::vector<std::unique_ptr<codec::Embedder>> embedders(languages.size());
    const size_t chosen = input.take<uint8_t>() % languages.size();
    const std::string_view language = languages[chosen];
    std::unique_ptr<codec::Embedder>& embedder = embedders[chosen];
    if (embedder == nullptr) embedder = std::make_unique<codec::Embedder>(16, language);
    const uint32_t piece = 64 + input.take<uint8_t>();
    const uint32_t overlap = input.take<uint8_t>() % (piece / 2 + 1);
    const std::string text(input.rest_text());
    std::vector<std::string> words;
    Tokenizer::make(language)->append(text, &words);
    for (const std::string& word : words) check(word.size() <= kTokenBytesMax);
    size_t covered = 0;
    for (const std::string_view each : codec::cut_text(text, piece, overlap)) {
        const auto begin = static_cast<size_t>(each.data() - text.data());
        check(each.size() <= piece && begin <= covered && begin + each.size() <= text.size());
        covered = begin + each.size();
    }
    check(covered == text.size());
    float vector[16];
    check(embedder->document(text, vector) == !words.empty());
    return 0;
}
