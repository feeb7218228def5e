// vectorizer-ann: measures approximate search. `vectorizer-ann sweep --data FOLDER --metric euclidean --csv out.csv`, then
// `vectorizer-ann report --csv out.csv --html out.html`; `truth` writes exact neighbours as truth.ibin.
#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <iostream>
#include <map>
#include <sstream>
#include <string>

#include "benchmarks/ann/report.hpp"
#include "benchmarks/ann/sweep.hpp"

namespace {

using Arguments = std::map<std::string, std::string>;

std::string value_or(const Arguments& arguments, const std::string& name, const std::string& otherwise) {
    const auto found = arguments.find(name);
    return found == arguments.end() ? otherwise : found->second;
}

uint32_t number_or(const Arguments& arguments, const std::string& name, uint32_t otherwise) {
    const auto found = arguments.find(name);
    return found == arguments.end() ? otherwise : static_cast<uint32_t>(std::strtoul(found->second.c_str(), nullptr, 10));
}

std::vector<std::string> split(const std::string& text) {
    std::vector<std::string> parts;
    std::istringstream stream(text);
    for (std::string part; std::getline(stream, part, ',');) parts.push_back(part);
    return parts;
}

int usage() {
    std::fprintf(stderr,
                 "vectorizer-ann sweep --data FOLDER --metric cosine|euclidean|dot|manhattan [--csv FILE] [--peers vectorizer,hnswlib,faiss]\n"
                 "    [--efforts 10,20,...] [--k 10] [--rounds 7] [--queries 2000] [--threads 1] [--build-threads 1]\n"
                 "    [--degree 32] [--build-effort 128] [--alpha 1.1] [--quantization auto|none|sq8]\n"
                 "vectorizer-ann report --csv FILE --html FILE\n");
    return 2;
}

int run_sweep(const Arguments& arguments) {
    if (arguments.count("data") == 0) return usage();
    vz::ann::SweepOptions options;
    options.k = number_or(arguments, "k", 10);
    options.rounds = number_or(arguments, "rounds", 7);
    options.threads = number_or(arguments, "threads", 1);
    options.build.threads = number_or(arguments, "build-threads", 1);
    options.build.degree = number_or(arguments, "degree", 32);
    options.build.build_effort = number_or(arguments, "build-effort", 128);
    options.build.alpha = std::strtof(value_or(arguments, "alpha", "0").c_str(), nullptr);
    options.build.quantization = value_or(arguments, "quantization", "auto");
    for (const auto& effort : split(value_or(arguments, "efforts", "10,15,20,30,40,60,80,120,200,300,500"))) {
        options.efforts.push_back(static_cast<uint32_t>(std::strtoul(effort.c_str(), nullptr, 10)));
    }
    options.peers = split(value_or(arguments, "peers", "vectorizer,hnswlib"));
    const auto set = vz::ann::load(arguments.at("data"), value_or(arguments, "metric", "euclidean"), number_or(arguments, "queries", 2000));
    std::ofstream csv(value_or(arguments, "csv", "/dev/null"));
    vz::ann::sweep(set, options, csv);
    return csv.good() ? 0 : 1;
}

int run_report(const Arguments& arguments) {
    if (arguments.count("csv") == 0 || arguments.count("html") == 0) return usage();
    std::ifstream csv(arguments.at("csv"));
    std::ofstream html(arguments.at("html"));
    return vz::ann::report(csv, html) ? 0 : 1;
}

}  // namespace

int main(int count, char** words) {
    if (count < 2) return usage();
    Arguments arguments;
    for (int i = 2; i + 1 < count; i += 2) {
        const std::string name = words[i];
        if (name.rfind("--", 0) != 0) return usage();
        arguments[name.substr(2)] = words[i + 1];
    }
    const std::string command = words[1];
    if (command == "sweep") return run_sweep(arguments);
    if (command == "report") return run_report(arguments);
    return usage();
}
