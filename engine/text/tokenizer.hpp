// Texts cut into the words that are indexed and asked for. A leaf: frontends embed texts with the same words.
//
// Words: NFKC case folding, then the word boundaries of Unicode (UAX #29); segments with a letter or a digit count.
// With a language each word is reduced to its stem (Snowball: M. F. Porter, 2001); of ten languages the commonest words
// are left out.
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

struct sb_stemmer;

namespace vz {

// One thread's at a time: a stemmer has state. Cheap to make.
class Tokenizer {
 public:
    // No such language: null. Empty or "none": words as they are.
    static std::unique_ptr<Tokenizer> make(std::string_view language);
    // In ascending order, "none" not among them.
    static std::vector<std::string_view> languages();
    // Those that may be asked for by name, also by their ISO 639-1 code: "en" is "english". Empty: no such language.
    static std::string_view language_named(std::string_view name);
    // The major version of the Unicode tables that words follow; 0: not known.
    static uint32_t unicode_version();

    Tokenizer(const Tokenizer&) = delete;
    Tokenizer& operator=(const Tokenizer&) = delete;
    ~Tokenizer();

    // Appends the words of UTF-8 text, in their order. What is not UTF-8 separates words. A word is cut after
    // kTokenBytesMax bytes.
    void append(std::string_view text, std::vector<std::string>* words);

 private:
    explicit Tokenizer(std::string_view language, sb_stemmer* stemmer);
    void append_word(std::string_view word, std::vector<std::string>* words);

    std::span<const std::string_view> stop_words_;
    sb_stemmer* stemmer_;
    std::string folded_;
    std::string breaks_;
};

// Longer ones are no words: keys, encoded data.
inline constexpr size_t kTokenBytesMax = 128;

// The folded words that a text in this language leaves out, in ascending order of bytes.
std::span<const std::string_view> stop_words(std::string_view language);

}  // namespace vz
