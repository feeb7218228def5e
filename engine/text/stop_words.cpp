// The commonest function words of each language: they tell no text from another, and their postings would be the
// longest. As they stand after case folding. Languages without a list leave nothing out.
#include <span>

#include "engine/text/tokenizer.hpp"

namespace vz {
namespace {

// Each in ascending order of bytes.
constexpr std::string_view kDanish[] = {
    "af",  "alle", "at",  "blev", "da",  "de",    "dem", "den",   "der", "det",  "du",   "efter", "eller",
    "en",  "er",   "et",  "for",  "fra", "han",   "har", "havde", "hun", "hvad", "hvis", "i",     "ikke",
    "jeg", "kan",  "man", "med",  "men", "mod",   "når", "og",    "om",  "op",   "over", "på",    "sig",
    "sin", "skal", "som", "til",  "ud",  "under", "var", "ved",   "vi",  "vil",  "være",
};
constexpr std::string_view kDutch[] = {
    "aan",   "al",   "als", "bij", "dan", "dat", "de",    "die", "dit", "door", "een",  "en",   "er",  "had",  "heb",
    "heeft", "het",  "hij", "hoe", "ik",  "in",  "is",    "je",  "kan", "maar", "me",   "meer", "met", "mijn", "na",
    "naar",  "niet", "nog", "nu",  "of",  "om",  "onder", "ons", "ook", "op",   "over", "te",   "tot", "u",    "uit",
    "van",   "voor", "was", "wat", "we",  "wel", "wij",   "ze",  "zij", "zijn", "zo",   "zou",
};
constexpr std::string_view kEnglish[] = {
    "a",    "about", "after", "all",   "also",  "an",    "and",   "any",   "are",  "as",     "at",    "be",   "because",
    "been", "but",   "by",    "can",   "could", "did",   "do",    "does",  "for",  "from",   "had",   "has",  "have",
    "he",   "her",   "his",   "how",   "i",     "if",    "in",    "into",  "is",   "it",     "its",   "me",   "more",
    "my",   "no",    "nor",   "not",   "of",    "on",    "or",    "our",   "she",  "should", "so",    "some", "such",
    "than", "that",  "the",   "their", "them",  "then",  "there", "these", "they", "this",   "those", "to",   "was",
    "we",   "were",  "what",  "when",  "where", "which", "while", "who",   "will", "with",   "would", "you",  "your",
};
constexpr std::string_view kFrench[] = {
    "a",     "au",    "aux",  "avec", "ce",    "ces",  "cette", "comme", "d",    "dans", "de", "des", "du",
    "elle",  "elles", "en",   "est",  "et",    "il",   "ils",   "j",     "je",   "l",    "la", "le",  "les",
    "leur",  "leurs", "lui",  "m",    "ma",    "mais", "me",    "mes",   "mon",  "même", "n",  "ne",  "nos",
    "notre", "nous",  "on",   "ont",  "ou",    "où",   "par",   "pas",   "plus", "pour", "qu", "que", "qui",
    "s",     "sa",    "sans", "se",   "ses",   "son",  "sont",  "sur",   "t",    "ta",   "te", "tes", "ton",
    "tu",    "un",    "une",  "vos",  "votre", "vous", "y",     "à",     "été",  "être",
};
constexpr std::string_view kGerman[] = {
    "aber", "als",   "am",    "an",    "auch",  "auf",  "aus",   "bei",    "bin",    "bis",  "da",  "das",   "dass",
    "dem",  "den",   "der",   "des",   "die",   "dies", "diese", "dieser", "dieses", "doch", "du",  "durch", "ein",
    "eine", "einem", "einen", "einer", "eines", "er",   "es",    "für",    "haben",  "hat",  "ich", "ihr",   "im",
    "in",   "ist",   "ja",    "kann",  "man",   "mit",  "nach",  "nicht",  "noch",   "nur",  "ob",  "oder",  "sein",
    "sich", "sie",   "sind",  "so",    "um",    "und",  "uns",   "unter",  "vom",    "von",  "vor", "war",   "was",
    "wenn", "wie",   "wir",   "wird",  "zu",    "zum",  "zur",   "über",
};
constexpr std::string_view kItalian[] = {
    "a",     "ad",     "ai",     "al",     "alla",   "alle",  "anche", "che",  "chi", "ci",  "come", "con",   "cui",
    "da",    "dal",    "dalla",  "dei",    "del",    "della", "delle", "di",   "e",   "ed",  "era",  "fra",   "gli",
    "ha",    "hanno",  "ho",     "i",      "il",     "in",    "io",    "l",    "la",  "le",  "lei",  "lo",    "loro",
    "lui",   "ma",     "mi",     "ne",     "nei",    "nel",   "nella", "no",   "noi", "non", "o",    "per",   "più",
    "quale", "quando", "quello", "questa", "questo", "se",    "si",    "sono", "su",  "sua", "sul",  "sulla", "suo",
    "ti",    "tra",    "tu",     "un",     "una",    "uno",   "vi",    "voi",  "è",
};
constexpr std::string_view kNorwegian[] = {
    "alle", "at",   "av",    "ble", "da",    "de",  "dem", "den", "der", "det", "du",   "eller", "en",
    "er",   "et",   "etter", "for", "fra",   "ha",  "han", "har", "hun", "hva", "hvis", "i",     "ikke",
    "jeg",  "kan",  "man",   "med", "men",   "mot", "når", "og",  "om",  "opp", "over", "på",    "seg",
    "sin",  "skal", "som",   "til", "under", "ut",  "var", "ved", "vi",  "vil", "være",
};
constexpr std::string_view kPortuguese[] = {
    "a",     "ao",     "aos", "as",   "até",    "com",  "como", "da",  "das",   "de",  "dela", "dele",  "depois",
    "do",    "dos",    "e",   "ela",  "elas",   "ele",  "eles", "em",  "entre", "era", "essa", "esse",  "esta",
    "este",  "eu",     "foi", "há",   "isso",   "isto", "já",   "lhe", "mais",  "mas", "me",   "mesmo", "meu",
    "minha", "muito",  "na",  "nas",  "nem",    "no",   "nos",  "não", "nós",   "o",   "os",   "ou",    "para",
    "pela",  "pelo",   "por", "qual", "quando", "que",  "quem", "se",  "sem",   "ser", "seu",  "sua",   "são",
    "só",    "também", "te",  "tem",  "um",     "uma",  "você", "à",   "às",    "é",
};
constexpr std::string_view kSpanish[] = {
    "a",     "al",    "algo",  "ante", "como",  "con", "cuando", "de",  "del",  "desde", "donde", "e",       "el",
    "ella",  "ellas", "ellos", "en",   "entre", "era", "es",     "esa", "ese",  "eso",   "esta",  "este",    "esto",
    "está",  "fue",   "ha",    "han",  "hasta", "hay", "la",     "las", "le",   "les",   "lo",    "los",     "me",
    "mi",    "muy",   "más",   "nada", "ni",    "no",  "nos",    "o",   "para", "pero",  "por",   "porque",  "que",
    "quien", "qué",   "se",    "ser",  "si",    "sin", "sobre",  "son", "su",   "sus",   "sí",    "también", "te",
    "tiene", "todo",  "tu",    "un",   "una",   "uno", "unos",   "y",   "ya",   "yo",    "él",
};
constexpr std::string_view kSwedish[] = {
    "alla",  "att",  "av",   "blev",  "de",   "dem", "den", "det", "du",  "där",  "efter", "eller", "en",
    "ett",   "från", "för",  "ha",    "hade", "han", "har", "hon", "hur", "i",    "icke",  "inte",  "jag",
    "kan",   "man",  "med",  "men",   "mot",  "nu",  "när", "och", "om",  "på",   "sig",   "sin",   "ska",
    "skall", "som",  "till", "under", "upp",  "ut",  "var", "vi",  "vid", "vill", "är",    "över",
};

}  // namespace

std::span<const std::string_view> stop_words(std::string_view language) {
    if (language == "danish") return kDanish;
    if (language == "dutch") return kDutch;
    if (language == "english") return kEnglish;
    if (language == "french") return kFrench;
    if (language == "german") return kGerman;
    if (language == "italian") return kItalian;
    if (language == "norwegian") return kNorwegian;
    if (language == "portuguese") return kPortuguese;
    if (language == "spanish") return kSpanish;
    if (language == "swedish") return kSwedish;
    return {};
}

}  // namespace vz
