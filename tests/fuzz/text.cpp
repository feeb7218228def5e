// Texts cut into words and into pieces. Input: u8 language, u8 size, u8 overlap, the text.
#include "engine/text/tokenizer.hpp"
#include "frontends/codec/chunks.hpp"
#include "frontends/codec/embedding.hpp"
#include "tests/fuzz/target.hpp"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
    using namespace vz;
    using namespace vz::fuzz;
    Input input(data, size);
    const auto languages = Tokenizer::languages();
    const std::string_view language = languages[input.take<uint8_t>() % languages.size()];
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
    check(codec::Embedder(16, language).document(text, vector) == !words.empty());
    return 0;
}
