// Seeds for every target, from the files of a database that has seen most kinds of change.   fuzz_seeds DIRECTORY
#include <elf.h>

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <initializer_list>
#include <iterator>
#include <string>
#include <string_view>
#include <vector>

#include "engine/base/bitmap.hpp"
#include "engine/io/file_header.hpp"
#include "engine/io/posix_file_system.hpp"
#include "engine/segment/delete_file.hpp"
#include "vectorizer/engine.h"

namespace {

namespace fs = std::filesystem;

vz_str str(const std::string& text) { return {text.data(), text.size()}; }

void must(vz_status status, const vz_error& error) {
    if (status == VZ_OK) return;
    std::fprintf(stderr, "fuzz_seeds: %s: %s\n", error.field, error.message);
    std::exit(1);
}

std::string read(const fs::path& path) {
    std::ifstream file(path, std::ios::binary);
    return {std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>()};
}

class Seeds {
 public:
    explicit Seeds(fs::path directory) : directory_(std::move(directory)) {}
    void add(const std::string& target, const std::string& bytes) {
        fs::create_directories(directory_ / target);
        std::ofstream file(directory_ / target / std::to_string(count_++), std::ios::binary);
        file.write(bytes.data(), static_cast<std::streamsize>(bytes.size()));
    }

 private:
    fs::path directory_;
    int count_ = 0;
};

void write_points(vz_engine* engine, const std::string& name, uint32_t kind, uint32_t from, uint32_t to) {
    std::vector<std::string> id_texts, payload_texts;
    std::vector<vz_str> ids, payloads;
    std::vector<float> values;
    for (uint32_t i = from; i < to; ++i) {
        id_texts.push_back(i % 3 == 0 ? "id " + std::to_string(i) : std::to_string(i));
        payload_texts.push_back(R"({"n":)" + std::to_string(i) + R"(,"t":"some words","a":[1,{"b":null}]})");
        for (uint32_t d = 0; d < 2; ++d) values.push_back(static_cast<float>(1 + i * (d + 1)));
    }
    for (const std::string& text : id_texts) ids.push_back(str(text));
    for (const std::string& text : payload_texts) payloads.push_back(str(text));
    vz_write_request request{};
    request.struct_size = sizeof request;
    request.kind = kind;
    request.count = ids.size();
    request.ids = ids.data();
    if (kind == VZ_UPSERT) request.vectors = {values.data(), ids.size(), 0, 2, VZ_F32};
    if (kind != VZ_DELETE) request.payloads = payloads.data();
    vz_error error{};
    must(vz_write(engine, str(name), &request, nullptr, &error), error);
}

vz_status append(void* user, const void* bytes, uint64_t size) VZ_NOEXCEPT {
    static_cast<std::string*>(user)->append(static_cast<const char*>(bytes), size);
    return VZ_OK;
}

void live(const std::string& directory, std::string* archive) {
    vz_error error{};
    vz_engine* engine = nullptr;
    must(vz_engine_open(str(directory), nullptr, &engine, &error), error);
    vz_vector_field field{};
    field.struct_size = sizeof field;
    field.dim = 2;
    field.metric = VZ_COSINE;
    vz_field_index index{};
    index.struct_size = sizeof index;
    index.kind = VZ_FIELD_INDEX_TEXT;
    const std::string path = "t";
    index.path = str(path);
    vz_schema schema{};
    schema.struct_size = sizeof schema;
    schema.vector_fields = &field;
    schema.vector_field_count = 1;
    schema.field_indexes = &index;
    schema.field_index_count = 1;
    const std::string name = "docs";
    must(vz_collection_create(engine, str(name), &schema, nullptr, &error), error);
    write_points(engine, name, VZ_UPSERT, 0, 20);
    must(vz_checkpoint(engine, {}, nullptr, &error), error);
    write_points(engine, name, VZ_UPDATE, 3, 6);
    write_points(engine, name, VZ_DELETE, 10, 14);
    const std::string renamed = "pages";
    vz_rename_request rename{};
    rename.struct_size = sizeof rename;
    rename.flags = VZ_RENAME_KEEP_ALIAS;
    rename.to = str(renamed);
    must(vz_collection_rename(engine, str(name), &rename, nullptr, &error), error);
    must(vz_checkpoint(engine, {}, nullptr, &error), error);
    write_points(engine, renamed, VZ_UPSERT, 30, 35);
    vz_archive_request request{};
    request.struct_size = sizeof request;
    request.write = &append;
    request.user = archive;
    must(vz_archive_export(engine, &request, &error), error);
    must(vz_engine_close(engine, &error), error);
}

void add_files(Seeds& seeds, const fs::path& data) {
    for (const auto& entry : fs::recursive_directory_iterator(data)) {
        if (!entry.is_regular_file()) continue;
        std::string bytes = read(entry.path());
        if (entry.path().filename() == "CURRENT") seeds.add("current", '\1' + bytes);
        if (bytes.size() < vz::kFileHeaderBytes) continue;
        const std::string magic = bytes.substr(0, 8);
        std::string frames = bytes.substr(vz::kFileHeaderBytes);
        while (!frames.empty() && frames.back() == '\0') frames.pop_back();  // room that was set aside
        frames.resize((frames.size() + 7) / 8 * 8);
        const auto is = [&](const vz::Magic& kind) { return magic == std::string(kind.begin(), kind.end()); };
        if (is(vz::kWalMagic)) seeds.add("wal", '\1' + frames);
        if (is(vz::kManifestMagic)) seeds.add("manifest", '\1' + frames);
    }
}

// A file of deletes as a checkpoint writes it: in a database it may be gone again before anybody looks.
void add_deletes(Seeds& seeds, const fs::path& directory) {
    vz::Bitmap ended;
    for (const uint32_t row : {1U, 2U, 3U, 17U, 39U}) ended.add(row);
    const auto files = vz::make_posix_file_system();
    const vz::DeleteEntry entry{3, &ended};
    const std::string path = (directory / "D").string();
    const auto written = vz::write_deletes(*files, path, {}, 9, 1, {&entry, 1});
    if (!written.ok()) std::exit(1);
    const std::string body = read(path).substr(vz::kFileHeaderBytes);
    const uint32_t numbers[] = {40, static_cast<uint32_t>(written->front().offset),
                                static_cast<uint32_t>(written->front().bytes)};
    std::string head(1, '\1');
    for (const uint32_t number : numbers) head.append(reinterpret_cast<const char*>(&number), sizeof number);
    seeds.add("deletes", head + body);
    fs::remove(path);
}

// As clients send it: each command an array of bulk strings.
std::string resp_command(std::initializer_list<std::string_view> words) {
    std::string bytes = "*" + std::to_string(words.size()) + "\r\n";
    for (const std::string_view word : words) {
        bytes += "$" + std::to_string(word.size()) + "\r\n";
        bytes += word;
        bytes += "\r\n";
    }
    return bytes;
}

void add_resp(Seeds& seeds) {
    using namespace std::string_literals;
    const auto& command = resp_command;
    const std::string_view blob("\0\0\x80\x3f\0\0\0\x40", 8);
    const std::string hello = command({"HELLO", "3", "SETNAME", "n"});
    const std::string add = command({"VADD", "docs", "VALUES", "2", "0.5", "-1e3", "a", "Q8", "EF", "100", "SETATTR",
                                     R"({"n":1})", "M", "16", "CAS"});
    seeds.add("resp", "\x20\0"s + hello + add + command({"VADD", "docs", "FP32", blob, "b", "NOQUANT"}) +
                          command({"VREM", "docs", "b"}) +
                          command({"VSIM", "docs", "ELE", "a", "WITHSCORES", "WITHATTRIBS", "COUNT", "5"}));
    seeds.add(
        "resp",
        "\x90\0"s + add +
            command({"VSIM", "docs", "VALUES", "2", "1", "2", "EPSILON", "0.2", "FILTER", R"({"must":[]})", "TRUTH"}) +
            command({"VSIM", "docs", "FP32", blob, "EF", "64", "NOTHREAD"}) + command({"VSETATTR", "docs", "a", ""}));
    seeds.add("resp", "\x07\0"s + command({"VCARD", "docs"}) + command({"VDIM", "docs"}) +
                          command({"VEMB", "docs", "a"}) + command({"VGETATTR", "docs", "a"}) +
                          command({"VINFO", "docs"}) + command({"VISMEMBER", "docs", "a"}) +
                          command({"VADD", "other", "FP32", blob, "b"}));
    seeds.add("resp", "\x09\0"s + command({"VADD", "docs", "FP32", blob, "lost"}) + command({"VREM", "docs", "lost"}));
    seeds.add("resp", "\x40\0"s + command({"SCAN", "0", "MATCH", "d*", "COUNT", "3", "TYPE", "vectorset"}) +
                          command({"KEYS", "[a-z]*?"}) + command({"DEL", "docs", "x"}) +
                          command({"EXISTS", "docs", "docs"}) + command({"TYPE", "docs"}) + command({"DBSIZE"}));
    seeds.add("resp", "\x03\0"s +
                          "PING\r\nECHO  hi\nINFO\r\nCOMMAND COUNT\r\nCLIENT GETNAME\r\nSELECT 0\r\nCONFIG GET "
                          "save\r\nAUTH x\r\nQUIT\r\n");
    seeds.add("resp", "\x05\0"s + "PING\r\nPost /collections\r\nPING\r\n");
    seeds.add("resp", "\x0b\0"s + "no-\"such\" /srv/da'ta/wal/'W-1\r\n");
    seeds.add("resp", "\x0b\0"s +
                          "ECHO \"a\\x0d\\n\\\"b\" 'it\\'s'\r\nVRANDMEMBER docs -3\r\nVRANDMEMBER docs 2\r\nVLINKS "
                          "docs a\r\nCLIENT INFO\r\nCOMMAND INFO vadd none\r\nHELLO 3 AUTH u k\r\n");
}

void add_texts(Seeds& seeds, const std::string& config) {
    using namespace std::string_literals;
    const char* const filters[] = {
        R"({"must":[{"key":"n","range":{"gte":1,"lt":9.5}},{"key":"t","match":{"text":"word"}}],"must_not":{"key":"a[].b","is_null":true}})",
        R"({"should":[{"key":"t","match":{"any":["x","y"]}},{"has_id":[1,"a"]}],"min_should":{"conditions":[{"key":"n","match":{"value":1}}],"min_count":1}})",
        R"({"must":[{"nested":{"key":"a","filter":{"must":[{"key":"b","is_empty":false}]}}},{"key":"at","range":{"gt":"2024-01-01T00:00:00Z"}}]})",
        R"({"must":[{"type":"match","key":"k","match_value":{"text":"a","type":"prefix"}},{"type":"geo_radius","key":"p","center":{"lat":1,"lon":2},"radius":5}]})",
        R"({"must":[{"key":"p","geo_bounding_box":{"top_left":{"lat":9,"lon":1},"bottom_right":{"lat":1,"lon":9}}},{"key":"a","values_count":{"gt":1}}]})",
    };
    const std::string payload =
        R"({"n":7,"t":"some w\u00f6rds","a":[{"b":null},{"b":[1,2]}],"at":"2025-06-01T10:00:00.5+02:00","p":{"lat":1.5,"lon":2},"k":"abc"})";
    for (const char* filter : filters) seeds.add("filter", filter + "\0"s + payload);
    seeds.add("payload", payload + "\0"s + R"({"n":null,"a":{"x":[]},"k":"\ud83d\ude00"})");
    seeds.add("payload", R"({"a":{"b":{"c":1}}})" + "\0"s + R"({"a":{"b":{"d":2,"c":null}}})");
    seeds.add("http", "\x20\0"s +
                          "POST /collections/docs/search?x=%20y HTTP/1.1\r\nHost: localhost\r\nContent-Type: "
                          "application/json\r\nContent-Length: 2\r\n\r\n{}");
    seeds.add("http", "\x90\0"s +
                          "POST /embed HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\nExpect: "
                          "100-continue\r\n\r\n5\r\nhello\r\n3;x=y\r\nabc\r\n0\r\nT: v\r\n\r\n");
    seeds.add("http", "\x05\0"s + "\r\nGET / HTTP/1.0\r\nConnection: keep-alive\r\nAuthorization: Bearer vz_x\r\n\r\n");
    add_resp(seeds);
    seeds.add(
        "graphql",
        R"(query Q($c: String! = "docs", $v: [Float!]!) { search(input: {collection: $c, vector: $v, limit: 3}) { ...h } } fragment h on GqlSearchResult { id score payload })" +
            "\0"s + R"({"query":"","variables":{"v":[1,2.5,-3e2]}})");
    seeds.add(
        "graphql",
        R"(mutation { upsertVectors(input: {collection: "d", vectors: [{id: "a", data: [1, 2], payload: {a: [true, null, """b"""]}}]}) { success @include(if: true) } })" +
            "\0{}"s);
    seeds.add("graphql",
              "{ __schema { types { name fields(includeDeprecated: true) { name type { kind ofType { name } } } } } }" +
                  "\0{}"s);
    seeds.add("text", "\x05\x10\x08"s +
                          "The qu\u00edck br\u00f6wn fox can't jump 32.3 feet. \u4e2d\u6587 \U0001F40B stra\u00dfe! "
                          "Another sentence follows here.\nAnd a line.");
    for (const int step : {1, 7, 29, 101}) {
        std::string bytes;
        for (int i = 0; i < 1500; ++i) bytes.push_back(static_cast<char>(i * step + i / 7));
        seeds.add("request", bytes);
    }
    for (const char graph : {'\0', '\1', '\2', '\3'}) seeds.add("index", graph + "\x40\x00\x00\x07\x10\x01\x80\xff"s);
    seeds.add("index", "\x80\x03\x00\x00\x00\x01\x00\x00\x00"s);
    seeds.add("segment", "");
    seeds.add("segment", "\x10\x20\x00\x07"s + "\x00\x50\x00\xff");
    seeds.add("config", config);
    seeds.add("config",
              "server: {host: 127.0.0.1, port: 15002}\nfrontends:\n  rest: {auto_create: false}\nhttp: {auth: {keys: "
              "[{name: a, sha256: b, roles: [read]}]}}\n");
}

template <class T>
std::string bytes_of(const T& value) {
    return {reinterpret_cast<const char*>(&value), sizeof value};
}

// A shared library with one export, one need of a version, and a dynamic section: the tables alone, without code.
std::string shared_library() {
    const std::string strings("\0vz_frontend_entry_v1\0vz_write\0VECTORIZER_1.0\0libvectorizer.so.1\0", 65);
    const size_t dynamic_at = sizeof(Elf64_Ehdr) + 2 * sizeof(Elf64_Phdr);
    Elf64_Dyn dynamic[2] = {};
    dynamic[0].d_tag = DT_FLAGS;
    Elf64_Sym symbols[3] = {};
    symbols[1].st_name = 1;
    symbols[1].st_info = ELF64_ST_INFO(STB_GLOBAL, STT_FUNC);
    symbols[1].st_shndx = 1;
    symbols[2].st_name = 22;
    symbols[2].st_info = ELF64_ST_INFO(STB_GLOBAL, STT_FUNC);
    const uint16_t versions[4] = {0, 1, 2, 0};
    Elf64_Verneed library = {1, 1, 46, sizeof(Elf64_Verneed), 0};
    Elf64_Vernaux version = {0, 0, 2, 31, 0};
    std::string body = bytes_of(dynamic);
    const size_t symbols_at = dynamic_at + body.size();
    body += bytes_of(symbols);
    const size_t strings_at = dynamic_at + body.size();
    body += strings;
    const size_t versions_at = dynamic_at + body.size();
    body += bytes_of(versions);
    const size_t needs_at = dynamic_at + body.size();
    body += bytes_of(library) + bytes_of(version);
    Elf64_Ehdr header = {};
    std::copy_n(ELFMAG, SELFMAG, header.e_ident);
    header.e_ident[EI_CLASS] = ELFCLASS64;
    header.e_ident[EI_DATA] = ELFDATA2LSB;
    header.e_type = ET_DYN;
    header.e_phoff = sizeof header;
    header.e_phnum = 2;
    header.e_shoff = dynamic_at + body.size();
    header.e_shnum = 5;
    Elf64_Phdr segments[2] = {};
    segments[0].p_type = PT_DYNAMIC;
    segments[0].p_offset = dynamic_at;
    segments[1].p_type = PT_GNU_STACK;
    segments[1].p_flags = PF_R | PF_W;
    Elf64_Shdr sections[5] = {};
    sections[1] = {0, SHT_DYNSYM, 0, 0, symbols_at, sizeof symbols, 2, 1, 8, sizeof(Elf64_Sym)};
    sections[2] = {0, SHT_STRTAB, 0, 0, strings_at, strings.size(), 0, 0, 1, 0};
    sections[3] = {0, SHT_GNU_versym, 0, 0, versions_at, sizeof versions, 1, 0, 2, 2};
    sections[4] = {0, SHT_GNU_verneed, 0, 0, needs_at, sizeof library + sizeof version, 2, 1, 4, 0};
    return bytes_of(header) + bytes_of(segments) + body + bytes_of(sections);
}

// What a plugin does, in the words of descriptor.cpp: a series, a line of the log, a question, a report.
void add_plugins(Seeds& seeds) {
    using namespace std::string_literals;
    const std::string series =
        "\x02\x06vz_all\x04help\x01\x04kind\x05value\x01\x02\0\0\x80\x3f\0\0\0\x40\x01\x03"s + std::string(16, '\1');
    const std::string line =
        "\0\x05"
        "event\x04"
        "text\0\1\3\0\0\0\1"s;
    const std::string question = "\1\x04port\x07is odd "s;
    const std::string health = "\3\x04idle\2\0\0\0"s;
    seeds.add("descriptor", "\0\0\0\4"s + series + line + question + health + "\0\1"s + series + "\1\7\0\0\0"s);
    seeds.add("descriptor", "\x20\0\0"s);
    seeds.add("descriptor", "\0\1\0\0\0\2\0"s);
    seeds.add("descriptor", "\0\0\0\1\4\1\5"s);
    seeds.add("plugin_file", shared_library());
}

}  // namespace

int main(int count, char** arguments) {
    if (count != 3) {
        std::fprintf(stderr, "fuzz_seeds DIRECTORY CONFIG_FILE\n");
        return 2;
    }
    const fs::path directory = arguments[1];
    fs::remove_all(directory);
    fs::create_directories(directory);
    Seeds seeds(directory);
    const fs::path data = directory / "database";
    std::string archive;
    live(data.string(), &archive);
    add_files(seeds, data);
    add_deletes(seeds, directory);
    seeds.add("archive", archive);
    add_texts(seeds, read(arguments[2]));
    add_plugins(seeds);
    fs::remove_all(data);
    return 0;
}
