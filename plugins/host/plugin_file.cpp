#include "plugins/host/plugin_file.hpp"

#include <elf.h>

#include <algorithm>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <map>
#include <string_view>

namespace vz::host {
namespace {

constexpr size_t kNameBytesMax = 4096;   // of a symbol: names that overlap cost no more than this each
constexpr size_t kVersionsMax = 32'768;  // numbers of versions have 15 bits

// A file in memory whose structs are copied out within bounds.
class Image {
 public:
    explicit Image(std::string bytes) : bytes_(std::move(bytes)) {}

    template <class T>
    bool read(uint64_t offset, T* out) const {
        if (offset > bytes_.size() || bytes_.size() - offset < sizeof(T)) return false;
        std::memcpy(out, bytes_.data() + offset, sizeof(T));
        return true;
    }
    std::string text(uint64_t offset) const {
        if (offset >= bytes_.size()) return "";
        return {bytes_.data() + offset,
                ::strnlen(bytes_.data() + offset, std::min(bytes_.size() - offset, kNameBytesMax))};
    }
    size_t size() const { return bytes_.size(); }

 private:
    std::string bytes_;
};

struct Tables {
    Elf64_Shdr symbols = {}, strings = {}, versions = {}, needs = {};
};

bool read_tables(const Image& image, const Elf64_Ehdr& header, Tables* tables) {
    Elf64_Shdr section = {};
    for (uint64_t i = 0; i < header.e_shnum; ++i) {
        if (!image.read(header.e_shoff + i * sizeof(section), &section)) return false;
        if (section.sh_type == SHT_GNU_versym) tables->versions = section;
        if (section.sh_type == SHT_GNU_verneed) tables->needs = section;
        if (section.sh_type != SHT_DYNSYM) continue;
        tables->symbols = section;
        if (!image.read(header.e_shoff + section.sh_link * sizeof(section), &tables->strings)) return false;
    }
    return tables->symbols.sh_type == SHT_DYNSYM && tables->symbols.sh_size <= image.size();
}

// Names of the versions that the file asks of others, by the number that symbols carry.
std::map<uint16_t, std::string> read_versions(const Image& image, const Tables& tables) {
    std::map<uint16_t, std::string> names;
    Elf64_Verneed library = {};
    uint64_t at = tables.needs.sh_offset;
    size_t seen = 0;
    for (uint64_t i = 0; i < tables.needs.sh_info && image.read(at, &library); ++i, at += library.vn_next) {
        Elf64_Vernaux version = {};
        uint64_t inner = at + library.vn_aux;
        for (uint16_t k = 0; k < library.vn_cnt && image.read(inner, &version); ++k, inner += version.vna_next) {
            if (++seen > kVersionsMax) return names;
            names[static_cast<uint16_t>(version.vna_other & 0x7fff)] =
                image.text(tables.strings.sh_offset + version.vna_name);
            if (version.vna_next == 0) break;
        }
        if (library.vn_next == 0) break;
    }
    return names;
}

void read_symbols(const Image& image, const Tables& tables, PluginFile* file) {
    const std::map<uint16_t, std::string> versions = read_versions(image, tables);
    Elf64_Sym symbol = {};
    for (uint64_t i = 1; i < tables.symbols.sh_size / sizeof(symbol); ++i) {
        if (!image.read(tables.symbols.sh_offset + i * sizeof(symbol), &symbol)) return;
        const unsigned binding = ELF64_ST_BIND(symbol.st_info);
        if (binding == STB_LOCAL || symbol.st_shndx == SHN_ABS) continue;
        const std::string name = image.text(tables.strings.sh_offset + symbol.st_name);
        if (symbol.st_shndx != SHN_UNDEF) {
            (binding == STB_GNU_UNIQUE ? file->unique : file->exports).push_back(name);
            continue;
        }
        uint16_t number = 0;
        if (tables.versions.sh_type == SHT_GNU_versym)
            static_cast<void>(image.read(tables.versions.sh_offset + i * sizeof(number), &number));
        const auto version = versions.find(static_cast<uint16_t>(number & 0x7fff));
        file->needs.push_back({name, version == versions.end() ? "" : version->second});
    }
}

bool read_segments(const Image& image, const Elf64_Ehdr& header, PluginFile* file) {
    Elf64_Phdr segment = {};
    for (uint64_t i = 0; i < header.e_phnum; ++i) {
        if (!image.read(header.e_phoff + i * sizeof(segment), &segment)) return false;
        if (segment.p_type == PT_GNU_STACK && (segment.p_flags & PF_X) != 0) file->has_executable_stack = true;
        if (segment.p_type != PT_DYNAMIC) continue;
        Elf64_Dyn entry = {};
        for (uint64_t at = segment.p_offset; image.read(at, &entry) && entry.d_tag != DT_NULL; at += sizeof(entry)) {
            if (entry.d_tag == DT_TEXTREL || (entry.d_tag == DT_FLAGS && (entry.d_un.d_val & DF_TEXTREL) != 0))
                file->has_text_relocations = true;
        }
    }
    return true;
}

}  // namespace

std::optional<PluginFile> read_plugin_file(const std::string& path) {
    // A stream over a directory opens, and throws when it is read.
    std::error_code ignored;
    if (!std::filesystem::is_regular_file(path, ignored)) return std::nullopt;
    std::ifstream stream(path, std::ios::binary);
    const Image image({std::istreambuf_iterator<char>(stream), {}});
    Elf64_Ehdr header = {};
    if (!image.read(0, &header) || std::memcmp(header.e_ident, ELFMAG, SELFMAG) != 0) return std::nullopt;
    if (header.e_ident[EI_CLASS] != ELFCLASS64 || header.e_ident[EI_DATA] != ELFDATA2LSB || header.e_type != ET_DYN)
        return std::nullopt;
    PluginFile file;
    Tables tables;
    if (!read_segments(image, header, &file)) return std::nullopt;
    file.has_symbols = read_tables(image, header, &tables);
    if (file.has_symbols) read_symbols(image, tables, &file);
    return file;
}

}  // namespace vz::host
