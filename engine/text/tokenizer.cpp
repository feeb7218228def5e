// The door of libunistring and libstemmer.
#include "engine/text/tokenizer.hpp"

#include <libstemmer.h>
#include <unicase.h>
#include <unictype.h>
#include <uninorm.h>
#include <unistr.h>
#include <unistring/version.h>
#include <uniwbrk.h>

#include <algorithm>
#include <array>
#include <cstdlib>
#include <utility>

namespace vz {
namespace {

const uint8_t* bytes_of(std::string_view text) { return reinterpret_cast<const uint8_t*>(text.data()); }

// The length of the character at `at`; 0: no UTF-8.
size_t read_character(std::string_view text, size_t at, ucs4_t* character) {
    const int length = u8_mbtoucr(character, bytes_of(text) + at, text.size() - at);
    return length > 0 ? static_cast<size_t>(length) : 0;
}

bool has_letter_or_digit(std::string_view word) {
    for (size_t at = 0; at < word.size();) {
        ucs4_t character = 0;
        const size_t length = read_character(word, at, &character);
        if (length == 0) return false;
        if (uc_is_general_category_withtable(character, UC_CATEGORY_MASK_L | UC_CATEGORY_MASK_N)) return true;
        at += length;
    }
    return false;
}

// The end of the longest prefix of whole characters within so many bytes.
size_t cut(std::string_view word, size_t bytes_max) {
    size_t end = std::min(word.size(), bytes_max);
    while (end > 0 && end < word.size() && (static_cast<unsigned char>(word[end]) & 0xC0) == 0x80) --end;
    return end;
}

// The snowball algorithms for modern languages, and their codes.
constexpr std::array<std::pair<std::string_view, std::string_view>, 26> kLanguages = {{
    {"arabic", "ar"},     {"basque", "eu"},    {"catalan", "ca"},    {"danish", "da"},     {"dutch", "nl"},
    {"english", "en"},    {"finnish", "fi"},   {"french", "fr"},     {"german", "de"},     {"greek", "el"},
    {"hindi", "hi"},      {"hungarian", "hu"}, {"indonesian", "id"}, {"irish", "ga"},      {"italian", "it"},
    {"lithuanian", "lt"}, {"nepali", "ne"},    {"norwegian", "no"},  {"portuguese", "pt"}, {"romanian", "ro"},
    {"russian", "ru"},    {"serbian", "sr"},   {"spanish", "es"},    {"swedish", "sv"},    {"tamil", "ta"},
    {"turkish", "tr"},
}};

}  // namespace

std::vector<std::string_view> Tokenizer::languages() {
    std::vector<std::string_view> names;
    for (const auto& [name, code] : kLanguages) names.push_back(name);
    return names;
}

std::string_view Tokenizer::language_named(std::string_view name) {
    for (const auto& [language, code] : kLanguages) {
        if (name == language || name == code) return language;
    }
    return {};
}

uint32_t Tokenizer::unicode_version() {
    switch (_libunistring_version) {
        case 0x010000: return 14;
        case 0x010100:
        case 0x010200: return 15;
        case 0x010300: return 16;
        default: break;
    }
    return 0;
}

std::unique_ptr<Tokenizer> Tokenizer::make(std::string_view language) {
    if (language.empty() || language == "none") return std::unique_ptr<Tokenizer>(new Tokenizer({}, nullptr));
    const std::string name(language_named(language));
    if (name.empty()) return nullptr;
    sb_stemmer* const stemmer = sb_stemmer_new(name.c_str(), "UTF_8");
    if (stemmer == nullptr) return nullptr;
    return std::unique_ptr<Tokenizer>(new Tokenizer(name, stemmer));
}

Tokenizer::Tokenizer(std::string_view language, sb_stemmer* stemmer)
    : stop_words_(stop_words(language)), stemmer_(stemmer) {}

Tokenizer::~Tokenizer() {
    if (stemmer_ != nullptr) sb_stemmer_delete(stemmer_);
}

void Tokenizer::append(std::string_view text, std::vector<std::string>* words) {
    // Whole runs of valid characters: the library wants nothing else.
    for (size_t begin = 0; begin < text.size();) {
        const std::string_view rest = text.substr(begin);
        const uint8_t* const bad = u8_check(bytes_of(rest), rest.size());
        const std::string_view valid =
            bad == nullptr ? rest : rest.substr(0, static_cast<size_t>(bad - bytes_of(rest)));
        begin += valid.size() + (bad == nullptr ? 0 : 1);
        if (valid.empty()) continue;
        size_t length = 0;
        const std::unique_ptr<uint8_t, decltype(&std::free)> folded(
            u8_casefold(bytes_of(valid), valid.size(), nullptr, UNINORM_NFKC, nullptr, &length), &std::free);
        if (folded == nullptr) throw std::bad_alloc();
        folded_.assign(reinterpret_cast<const char*>(folded.get()), length);
        breaks_.resize(length);
        if (length == 0) continue;
        u8_wordbreaks(bytes_of(folded_), length, breaks_.data());
        size_t word = 0;
        for (size_t at = 1; at <= length; ++at) {
            if (at < length && breaks_[at] == 0) continue;
            append_word(std::string_view(folded_).substr(word, at - word), words);
            word = at;
        }
    }
}

void Tokenizer::append_word(std::string_view word, std::vector<std::string>* words) {
    if (!has_letter_or_digit(word)) return;
    if (stemmer_ == nullptr) {
        words->emplace_back(word.substr(0, cut(word, kTokenBytesMax)));
        return;
    }
    if (std::binary_search(stop_words_.begin(), stop_words_.end(), word)) return;
    const sb_symbol* const stem =
        sb_stemmer_stem(stemmer_, bytes_of(word), static_cast<int>(cut(word, kTokenBytesMax)));
    if (stem == nullptr) throw std::bad_alloc();
    words->emplace_back(reinterpret_cast<const char*>(stem), static_cast<size_t>(sb_stemmer_length(stemmer_)));
}

}  // namespace vz
